package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/hellio-go/hellio"
)

// retention is how long a handled event is kept. The API stops to deliver it
// again much earlier.
const retention = 7 * 24 * time.Hour

// The column until is in Unix milliseconds. A claimed event has the owner of
// its claim, which ends at until. A handled event has the empty owner, and is
// kept until then.
const schema = `
CREATE TABLE IF NOT EXISTS events (
	id    TEXT PRIMARY KEY,
	owner TEXT NOT NULL,
	until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS events_until ON events (until);
CREATE TABLE IF NOT EXISTS messages (
	id       TEXT PRIMARY KEY,
	status   TEXT NOT NULL,
	rank     INTEGER NOT NULL,
	reported TEXT NOT NULL
) WITHOUT ROWID;`

// database keeps statuses, and is the DedupeStore of the handler that reports
// them. The statements are SQLite's and PostgreSQL's alike.
type database struct{ *sql.DB }

var _ hellio.DedupeStore = (*database)(nil)

func openDatabase(ctx context.Context, path string) (*database, error) {
	pragmas := "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)"
	db, err := sql.Open("sqlite", "file:"+path+pragmas)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // SQLite has one writer
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &database{db}, nil
}

// Claim claims an event that is new, or whose claim has ended, in one
// statement: two processes cannot both get the row.
func (db *database) Claim(
	ctx context.Context,
	id string,
	lease time.Duration,
) (owner string, err error) {
	owner = rand.Text()
	now := time.Now()
	changed, err := db.change(ctx, `INSERT INTO events (id, owner, until) VALUES ($1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, until = excluded.until
		WHERE events.until <= $4`,
		id, owner, now.Add(lease).UnixMilli(), now.UnixMilli())
	switch {
	case err != nil:
		return "", err
	case changed:
		return owner, nil
	default:
		return "", db.holder(ctx, id)
	}
}

// holder returns hellio.ErrAlreadyHandled if an event is handled, else
// hellio.ErrClaimHeld. If the row has just been deleted, the next delivery
// claims the event.
func (db *database) holder(ctx context.Context, id string) error {
	var owner string
	err := db.QueryRowContext(ctx, `SELECT owner FROM events WHERE id = $1`, id).Scan(&owner)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && owner != "":
		return hellio.ErrClaimHeld
	case err != nil:
		return err
	default:
		return hellio.ErrAlreadyHandled
	}
}

// Commit marks an event as handled unless another owner's claim lasts, and
// deletes what has ended.
func (db *database) Commit(ctx context.Context, id, owner string) error {
	now := time.Now()
	changed, err := db.change(ctx, `INSERT INTO events (id, owner, until) VALUES ($1, '', $2)
		ON CONFLICT (id) DO UPDATE SET owner = '', until = excluded.until
		WHERE events.owner = $3 OR events.until <= $4`,
		id, now.Add(retention).UnixMilli(), owner, now.UnixMilli())
	if err != nil {
		return err
	}
	if !changed {
		if err := db.holder(ctx, id); !errors.Is(err, hellio.ErrAlreadyHandled) {
			return err
		}
	}
	_, err = db.ExecContext(ctx, `DELETE FROM events WHERE until <= $1`, now.UnixMilli())
	return err
}

// Release ends the owner's claim.
func (db *database) Release(ctx context.Context, id, owner string) error {
	_, err := db.ExecContext(ctx,
		`DELETE FROM events WHERE id = $1 AND owner = $2 AND owner <> ''`, id, owner)
	return err
}

// change runs a statement and reports whether it changed a row.
func (db *database) change(ctx context.Context, statement string, args ...any) (bool, error) {
	result, err := db.ExecContext(ctx, statement, args...)
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows > 0, err
}

// apply stores a status that ranks above the stored one. Like every handler it
// must be safe to repeat: if the process dies between apply and Commit, the API
// delivers the event again.
func (db *database) apply(ctx context.Context, e *hellio.WebhookEvent) error {
	if e.ProviderMessageID == "" || e.Status == "" {
		return nil // a kind of event that is not about a message
	}
	_, err := db.ExecContext(ctx, `INSERT INTO messages (id, status, rank, reported)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE
		SET status = excluded.status, rank = excluded.rank, reported = excluded.reported
		WHERE messages.rank < excluded.rank`,
		e.ProviderMessageID, string(e.Status), e.Status.Rank(), e.Timestamp.Text())
	return err
}

// status returns the stored status of a message; "" if there is none.
func (db *database) status(ctx context.Context, id string) (hellio.MessageStatus, error) {
	var status hellio.MessageStatus
	err := db.QueryRowContext(ctx, `SELECT status FROM messages WHERE id = $1`, id).Scan(&status)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return status, err
}
