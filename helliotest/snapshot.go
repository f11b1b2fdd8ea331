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

// Snapshot returns the whole state as JSON, for FromSnapshot: account and
// wallets, tokens, messages, campaigns, calls, lookups, codes, webhooks and
// their deliveries, USSD, idempotency keys, rate windows, ids, the seed's
// place, and pending work. It holds secrets: tokens, codes and texts. It does
// not hold faults, Requests, handlers, calls in flight, or options that set
// nothing of the account (WithLatency, Lenient…).
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

// FromSnapshot sets the initial state to one of Snapshot, in place of a new
// account. Reset restores the same state. A suite prepares an account once and
// starts each test from there. The clock is the new Fake's own: all times are
// moved by the same amount, so that a code with three minutes left has three
// minutes left. Options after it change the account; WithToken adds a token,
// and WithSeed restarts the random values. A webhook with a handler needs a
// WithWebhookHandler with the same URL and secret. A damaged, changed or
// foreign snapshot, or one of another version, is an error.
func FromSnapshot(snapshot []byte) Option {
	return func(c *config) error {
		if c.snapshot != nil {
			return errors.New("FromSnapshot: there are two snapshots")
		}
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

// atEnd reports whether only white space is left. Decoder.More also returns
// false at a closing bracket.
func atEnd(dec *json.Decoder) bool {
	_, err := dec.Token()
	return err == io.EOF
}
