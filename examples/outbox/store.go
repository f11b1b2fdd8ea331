package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/hellio-go/hellio"
)

// schema has the shop's own table and the outbox. Times are Unix milliseconds;
// 0 means never.
const schema = `
CREATE TABLE IF NOT EXISTS orders (
	id            TEXT PRIMARY KEY,
	mobile_number TEXT NOT NULL,
	item          TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS outbox (
	id          INTEGER PRIMARY KEY,
	order_id    TEXT    NOT NULL UNIQUE REFERENCES orders (id),
	key         TEXT    NOT NULL UNIQUE,     -- idempotency key, made before the first call
	params      TEXT    NOT NULL,            -- hellio.SMSSendParams as JSON
	state       TEXT    NOT NULL,            -- waiting, sent, failed or inspect
	attempts    INTEGER NOT NULL DEFAULT 0,  -- claims so far; a claim is valid while it is the last
	next_time   INTEGER NOT NULL,            -- not claimed before: the end of a lease or a backoff
	first_try   INTEGER NOT NULL DEFAULT 0,  -- first call that may have sent the message
	account     TEXT    NOT NULL DEFAULT '', -- base URL and token fingerprint of that call
	reason      TEXT    NOT NULL DEFAULT '', -- last error
	reference   TEXT    NOT NULL DEFAULT '', -- of the campaign, once sent
	campaign_id TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (next_time) WHERE state = 'waiting';`

const columns = `id, order_id, key, params, state, attempts, next_time, first_try, account,
	reason, reference, campaign_id`

// Order is what the shop stores.
type Order struct {
	ID           string
	MobileNumber string
	Item         string
}

// State is what has become of a message.
type State string

const (
	Waiting State = "waiting" // to be sent, or to be resumed
	Sent    State = "sent"    // the API accepted it
	Failed  State = "failed"  // not sent, and the same call fails again
	Inspect State = "inspect" // may have been sent, and no key protects it
)

// Message is one row of the outbox.
type Message struct {
	ID         int64
	OrderID    string
	Key        string
	Params     string
	State      State
	Attempts   int
	NextTime   time.Time
	FirstTry   time.Time // zero: no call with the key can have sent the message
	Account    string
	Reason     string
	Reference  string
	CampaignID string

	Resumed bool // not stored: the claim found a FirstTry
}

// Store holds orders and messages in one SQLite file. It is safe for concurrent
// use, and several processes may open the same file.
type Store struct{ db *sql.DB }

// OpenStore opens the database at path and creates what is missing.
func OpenStore(ctx context.Context, path string) (*Store, error) {
	// Immediate transactions, because claim reads before it writes. Full
	// synchronisation, because a power failure must not undo a claim: the next
	// worker would take the key for an unused one.
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(5000)"+
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // SQLite has one writer
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Store{db: db}, nil
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Place stores an order and its message in one transaction: either both exist
// afterwards or neither does. An order that exists already is an error.
func (s *Store) Place(ctx context.Context, o Order) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	if err := insertOrder(ctx, tx, o); err != nil {
		return fmt.Errorf("order %s: %w", o.ID, err)
	}
	if err := enqueue(ctx, tx, o.ID, confirmation(o)); err != nil {
		return fmt.Errorf("order %s: %w", o.ID, err)
	}
	return tx.Commit()
}

func insertOrder(ctx context.Context, tx *sql.Tx, o Order) error {
	const insert = `INSERT INTO orders (id, mobile_number, item) VALUES ($1, $2, $3)`
	_, err := tx.ExecContext(ctx, insert, o.ID, o.MobileNumber, o.Item)
	return err
}

// confirmation returns the message of an order. It names the sender, because
// every call with one key must have the same params, and the client's default
// sender may change.
func confirmation(o Order) *hellio.SMSSendParams {
	return &hellio.SMSSendParams{
		Recipients: []string{o.MobileNumber},
		Sender:     "HELLIO",
		Message:    fmt.Sprintf("Thank you for order %s: %s.", o.ID, o.Item),
	}
}

// enqueue adds a message to the outbox within the caller's transaction. The
// idempotency key is made here, before any call, so that a crash can't lose it.
func enqueue(ctx context.Context, tx *sql.Tx, orderID string, p *hellio.SMSSendParams) error {
	params, err := json.Marshal(p)
	if err != nil {
		return err
	}
	const insert = `INSERT INTO outbox (order_id, key, params, state, next_time)
		VALUES ($1, $2, $3, $4, $5)`
	_, err = tx.ExecContext(ctx, insert,
		orderID, rand.Text(), string(params), Waiting, millis(time.Now()))
	return err
}

// claim takes the message that has been due longest, for the time of a lease.
// It returns nil if none is due. It records the try before the call is made:
// after a crash nothing else shows that there may have been one.
func (s *Store) claim(ctx context.Context, account string) (*Message, error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() // does nothing after Commit
	const due = `SELECT ` + columns + ` FROM outbox WHERE state = 'waiting' AND next_time <= $1
		ORDER BY next_time, id LIMIT 1`
	now := time.Now()
	m, err := scan(tx.QueryRowContext(ctx, due, millis(now)))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m.Attempts++
	m.NextTime = now.Add(lease)
	m.Resumed = !m.FirstTry.IsZero()
	if !m.Resumed {
		m.FirstTry = now
		m.Account = account
	}
	const take = `UPDATE outbox SET attempts = $1, next_time = $2, first_try = $3, account = $4
		WHERE id = $5`
	_, err = tx.ExecContext(ctx, take,
		m.Attempts, millis(m.NextTime), millis(m.FirstTry), m.Account, m.ID)
	if err != nil {
		return nil, err
	}
	return m, tx.Commit()
}

// save stores what has become of a claimed message. It reports false, and
// changes nothing, if another worker has claimed the message since: that
// worker's call has the same key and decides.
func (s *Store) save(ctx context.Context, m *Message) (bool, error) {
	const update = `UPDATE outbox SET state = $1, next_time = $2, first_try = $3, reason = $4,
		reference = $5, campaign_id = $6 WHERE id = $7 AND attempts = $8`
	result, err := s.db.ExecContext(ctx, update, m.State, millis(m.NextTime), millis(m.FirstTry),
		m.Reason, m.Reference, m.CampaignID, m.ID, m.Attempts)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// Requeue sets the message of an order to waiting again. Call it for a message
// that failed, once the cause is corrected, and for one that needed inspection
// and was not sent. It makes a new key, because the API may answer the old one
// with its old refusal. In any other state it returns an error.
func (s *Store) Requeue(ctx context.Context, orderID string) error {
	const update = `UPDATE outbox SET state = 'waiting', key = $1, next_time = $2, first_try = 0,
		account = '', reason = '' WHERE order_id = $3 AND state IN ('failed', 'inspect')`
	result, err := s.db.ExecContext(ctx, update, rand.Text(), millis(time.Now()), orderID)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return fmt.Errorf("order %s: no message that failed or needs inspection", orderID)
}

// nextDue returns when the next waiting message is due. It reports false if
// none is waiting.
func (s *Store) nextDue(ctx context.Context) (time.Time, bool, error) {
	var at sql.NullInt64
	const query = `SELECT min(next_time) FROM outbox WHERE state = 'waiting'`
	err := s.db.QueryRowContext(ctx, query).Scan(&at)
	return fromMillis(at.Int64), at.Valid, err
}

// count returns how many messages are in a state.
func (s *Store) count(ctx context.Context, state State) (n int, err error) {
	const query = `SELECT count(*) FROM outbox WHERE state = $1`
	err = s.db.QueryRowContext(ctx, query, state).Scan(&n)
	return n, err
}

func scan(row interface{ Scan(...any) error }) (*Message, error) {
	var m Message
	var nextTime, firstTry int64
	err := row.Scan(&m.ID, &m.OrderID, &m.Key, &m.Params, &m.State, &m.Attempts, &nextTime,
		&firstTry, &m.Account, &m.Reason, &m.Reference, &m.CampaignID)
	m.NextTime = fromMillis(nextTime)
	m.FirstTry = fromMillis(firstTry)
	return &m, err
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n)
}
