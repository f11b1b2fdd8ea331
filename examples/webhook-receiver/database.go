package main

import (
	"context"
	"database/sql"
	"errors"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/hellio-go/hellio"
)

// retention is how long a handled event is remembered: far longer than the API goes on delivering it.
const retention = 7 * 24 * time.Hour

// Times are in Unix milliseconds. An event that is not done is claimed until then; one that is done is kept until then.
const schema = `
CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, done INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS events_until ON events (until);
CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY, status TEXT NOT NULL, rank INTEGER NOT NULL, reported TEXT NOT NULL) WITHOUT ROWID;`

// database keeps statuses, and is the DedupeStore of the handler that reports them. The SQL is SQLite's and PostgreSQL's alike, but for the
// form of its parameters.
type database struct{ *sql.DB }

var _ hellio.DedupeStore = (*database)(nil)

func openDatabase(ctx context.Context, path string) (*database, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // SQLite has one writer
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &database{db}, nil
}

// Claim takes an event that is new, or whose claim has run out, in one statement: two processes can't both get the row.
func (db *database) Claim(ctx context.Context, id string, lease time.Duration) (bool, error) {
	now := time.Now()
	result, err := db.ExecContext(ctx, `INSERT INTO events (id, done, until) VALUES ($1, 0, $2)
		ON CONFLICT (id) DO UPDATE SET done = 0, until = excluded.until WHERE events.until <= $3`,
		id, now.Add(lease).UnixMilli(), now.UnixMilli())
	if err != nil {
		return false, err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err == nil, err
	}
	var done bool
	err = db.QueryRowContext(ctx, `SELECT done FROM events WHERE id = $1`, id).Scan(&done)
	if err == nil && !done || errors.Is(err, sql.ErrNoRows) { // no row: it was given back just now; the next delivery gets it
		return false, hellio.ErrClaimHeld
	}
	return false, err
}

// Commit marks an event as done, and forgets what is old.
func (db *database) Commit(ctx context.Context, id string) error {
	now := time.Now()
	_, err := db.ExecContext(ctx, `INSERT INTO events (id, done, until) VALUES ($1, 1, $2)
		ON CONFLICT (id) DO UPDATE SET done = 1, until = excluded.until`, id, now.Add(retention).UnixMilli())
	if err == nil {
		_, err = db.ExecContext(ctx, `DELETE FROM events WHERE until <= $1`, now.UnixMilli())
	}
	return err
}

// Release gives a claim back.
func (db *database) Release(ctx context.Context, id string) error {
	_, err := db.ExecContext(ctx, `DELETE FROM events WHERE id = $1 AND done = 0`, id)
	return err
}

// apply takes a status that ranks above the one held. That can be repeated without harm, which is what a handler has to be: the process may
// die between apply and Commit, and the event is then delivered again.
func (db *database) apply(ctx context.Context, e *hellio.WebhookEvent) error {
	if e.ProviderMessageID == "" || e.Status == "" {
		return nil // a kind of event that is not about a message
	}
	_, err := db.ExecContext(ctx, `INSERT INTO messages (id, status, rank, reported) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET status = excluded.status, rank = excluded.rank, reported = excluded.reported WHERE messages.rank < excluded.rank`,
		e.ProviderMessageID, string(e.Status), e.Status.Rank(), e.Timestamp.Text())
	return err
}

// status gives what is known of a message; "" when nothing is.
func (db *database) status(ctx context.Context, id string) (status hellio.MessageStatus, err error) {
	err = db.QueryRowContext(ctx, `SELECT status FROM messages WHERE id = $1`, id).Scan(&status)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return status, err
}
