package helliotest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

const (
	snapshotFormat  = "helliotest snapshot"
	snapshotVersion = 1
)

// envelope is a snapshot as it is written.
type envelope struct {
	Format  string          `json:"format"`
	Version int             `json:"version"`
	Test    string          `json:"test,omitempty"`    // in a dump: the test that failed
	Journal []string        `json:"journal,omitempty"` // in a dump: what its log showed
	SHA256  string          `json:"sha256"`            // of the state without white space
	State   json.RawMessage `json:"state"`
}

// Snapshot is the whole state as JSON, for FromSnapshot: account and wallets,
// tokens, messages, campaigns, calls, lookups, codes, webhooks and their
// deliveries, USSD, idempotency keys, rate windows, ids, the seed's place, and
// what waits for its time. It holds secrets: tokens, codes and texts. Faults,
// Requests, handlers, calls under way and options that shape no account
// (WithLatency, Lenient…) are not in it.
func (f *Fake) Snapshot() ([]byte, error) {
	f.tb.Helper()
	defer f.lock()()
	return seal(envelope{}, f.world.save())
}

// seal writes a saved world.
func seal(e envelope, s *savedWorld) ([]byte, error) {
	state, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	e.Format = snapshotFormat
	e.Version = snapshotVersion
	e.State = state
	e.SHA256 = fingerprint(state)
	return json.Marshal(e)
}

func fingerprint(state []byte) string {
	sum := sha256.Sum256(state)
	return hex.EncodeToString(sum[:])
}

// FromSnapshot begins with what Snapshot has given, in place of a new account,
// and so does Reset: a suite prepares an account once and starts each test from
// there. Its clock is the new Fake's own: every time is moved by as much, so
// that a code which had three minutes to live has three minutes. Options after
// it change the account that it brings; WithToken adds to its tokens, WithSeed
// begins the random row anew. A webhook with a handler gets that back from a
// WithWebhookHandler with the same secret. What is no snapshot, has another
// version or was changed by hand is an error.
func FromSnapshot(snapshot []byte) Option {
	return func(c *config) error {
		s, err := open(snapshot)
		if err != nil {
			return fmt.Errorf("FromSnapshot: %w", err)
		}
		if c.account, err = s.account(); err != nil {
			return fmt.Errorf("FromSnapshot: %w", err)
		}
		c.balance = s.Balance
		c.ussd.balance = s.USSDBalance
		c.seed = s.Seed
		c.codes = s.SetCodes
		c.tokens = make([]grant, 0, len(s.Tokens))
		for _, t := range s.Tokens {
			// nil would be every scope
			scopes, err := checkScopes(slices.Concat([]string{}, t.Scopes))
			if err != nil || t.Token == "" {
				return errors.Join(errors.New("FromSnapshot: a token that can't be one"), err)
			}
			c.tokens = append(c.tokens, grant{t.Token, scopes})
		}
		c.snapshot = s
		return nil
	}
}

// open reads a snapshot. Its errors name no value of the state.
func open(snapshot []byte) (*savedWorld, error) {
	var e envelope
	if err := strictly(snapshot, &e); err != nil || e.Format != snapshotFormat {
		return nil, errors.New("this is not what Snapshot has given, or a part of it only")
	}
	if e.Version != snapshotVersion {
		return nil,
			fmt.Errorf("the snapshot has version %d, and this helliotest reads version %d; make "+
				"it anew", e.Version, snapshotVersion)
	}
	var state bytes.Buffer
	if err := json.Compact(&state, e.State); err != nil || fingerprint(state.Bytes()) != e.SHA256 {
		return nil,
			errors.New("the snapshot was changed since it was made: its state does not have the " +
				"SHA-256 that it names")
	}
	s := new(savedWorld)
	if err := strictly(state.Bytes(), s); err != nil {
		return nil, fmt.Errorf("the snapshot's state can't be read: %w", err)
	}
	return s, nil
}

// strictly reads one JSON value without unknown fields and with nothing after
// it.
func strictly(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if !atEnd(dec) {
		return errors.New("more than one value")
	}
	return nil
}

// atEnd tells whether nothing but white space is left. More does not: to it a
// closing bracket is an end too.
func atEnd(dec *json.Decoder) bool {
	_, err := dec.Token()
	return err == io.EOF
}
