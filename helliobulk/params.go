package helliobulk

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk/internal/phone"
)

const (
	defaultChunkSize = 500
	maxChunkSize     = 10_000 // recipients of one call (documented)
	defaultWorkers   = 4
	maxWorkers       = 64
	defaultMargin    = 12 * time.Hour
	maxMargin        = 30 * 24 * time.Hour
	defaultGrace     = 10 * time.Second
	maxSender        = 11
	maxBatchID       = 200
)

// Params say what a batch sends. They are stored with it: a later Run with
// others is refused with ErrBatchChanged.
type Params struct {
	// Store is the path of the batch's own file; required.
	Store string
	// BatchID names the intention, such as "fees-2026-05": at most 200 visible
	// ASCII characters. Never use one for two. "": a new UUID.
	BatchID string
	// Sender is an approved sender name, at most 11 characters; required,
	// because a batch does not depend on a client's default.
	Sender string
	// Message has 1 to 1600 characters; {{name}} is a field of the recipient.
	Message string
	// Gateway overrides the route; "": the account's own.
	Gateway string
	// Region is the country of numbers without a country code, two letters. "":
	// all numbers have theirs, with or without +.
	Region string
	// ChunkSize is how many recipients a call has, at most 10,000; 0: 500. A
	// stored batch keeps its own.
	ChunkSize int
	// Landlines sends to numbers of every kind. Otherwise only those are sent
	// to that can be mobile numbers; the others are invalid.
	Landlines bool
	// Except names stores of other batches, of the same account. Recipients
	// whom those have reached, or may have, are left out. What those have not
	// sent is passed on to this batch: they end with its plan.
	Except []string

	Options
}

// Options say how a batch is sent. They may differ from run to run. A fleet
// keeps Margin, Window and AcceptReplays in its jobs.
type Options struct {
	// Workers is how many calls are made at a time, at most 64; 0: 4. The
	// client's limiter sets the pace.
	Workers int
	// Pace is how many calls may begin per minute, besides the client's
	// limiter; 0: no limit.
	Pace int
	// Window is when calls may begin; zero: always.
	Window Window
	// Margin is how long a chunk of unknown outcome may be sent with its key;
	// 0: 12 h; at most 30 days.
	Margin time.Duration
	// Grace is how long calls in flight may take once the context has ended; 0:
	// 10 s.
	Grace time.Duration
	// StartUnpaid begins although the balance does not cover the estimate, or
	// no estimate can be made.
	StartUnpaid bool
	// RetryRejected sends rejected chunks again, with their keys; nothing of
	// them was sent.
	RetryRejected bool
	// SendUnseen sends open chunks although the API may have sent them: see
	// ErrMaybeSent.
	SendUnseen bool
	// ResendUnknown sends chunks that need review again: they may then arrive
	// and cost twice.
	ResendUnknown bool
	// AcceptReplays takes stored answers for chunks never tried as their own:
	// for a batch whose store was lost or restored.
	AcceptReplays bool
	// AdoptToken continues with another token of the same account; chunks of
	// unknown outcome then need review.
	AdoptToken bool
	// Progress is called after each change, one call at a time; it must not
	// block for long. nil: none.
	Progress func(Report)
}

// Format prints the params without the text, for every verb.
func (p Params) Format(f fmt.State, _ rune) {
	n := utf8.RuneCountInString(p.Message)
	text := fmt.Sprintf("Params{batch %q, sender %q, message of %d characters}", p.BatchID,
		p.Sender, n)
	printInstead(f, text)
}

// check returns the params with their defaults filled in, or a
// *hellio.ParamError.
func (p Params) check() (Params, error) {
	if p.ChunkSize == 0 {
		p.ChunkSize = defaultChunkSize
	}
	p.Region = strings.ToUpper(p.Region)
	badID := func(r rune) bool { return r <= ' ' || r > '~' }
	var err error
	switch {
	case p.Store == "":
		err = bad("store", "an empty string", "the path of a file")
	case len(p.BatchID) > maxBatchID || strings.ContainsFunc(p.BatchID, badID):
		err = bad("batch id", strconv.Itoa(len(p.BatchID))+" bytes",
			"at most 200 visible ASCII characters without spaces")
	case p.Sender == "" || utf8.RuneCountInString(p.Sender) > maxSender:
		err = bad("sender", characters(p.Sender), "1 to 11 characters")
	case !validText(p.Message):
		err = bad("message", characters(p.Message), "1 to 1600 characters of UTF-8")
	case p.Region != "" && !phone.IsRegion(p.Region):
		err = bad("region", strconv.Quote(p.Region), "a country's two letters, such as GH")
	case p.ChunkSize < 1 || p.ChunkSize > maxChunkSize:
		err = bad("chunk size", strconv.Itoa(p.ChunkSize), "1 to 10000, or 0 for 500")
	}
	if err != nil {
		return p, err
	}
	p.Options, err = p.Options.check()
	return p, err
}

// Check returns a *hellio.ParamError if a field is out of its range. Sending
// and enqueuing check the options too; a program calls Check before it asks a
// person anything.
func (o Options) Check() error {
	_, err := o.check()
	return err
}

// check returns the options with their defaults filled in, or a
// *hellio.ParamError.
func (o Options) check() (Options, error) {
	o.Workers = orElse(o.Workers, defaultWorkers)
	o.Margin = orElse(o.Margin, defaultMargin)
	o.Grace = orElse(o.Grace, defaultGrace)
	switch {
	case o.Workers < 1 || o.Workers > maxWorkers:
		return o, bad("workers", strconv.Itoa(o.Workers), "1 to 64, or 0 for 4")
	case o.Margin < time.Minute || o.Margin > maxMargin:
		return o, bad("margin", o.Margin.String(), "1m to 720h, or 0 for 12h")
	case o.Grace < 0:
		return o, bad("grace", o.Grace.String(), "0s or more")
	case o.Pace < 0:
		return o, bad("pace", strconv.Itoa(o.Pace), "1 or more calls per minute, or 0 for no limit")
	}
	return o, o.Window.check()
}

func characters(s string) string { return strconv.Itoa(utf8.RuneCountInString(s)) + " characters" }

func orElse[T comparable](v, preset T) T {
	var zero T
	if v == zero {
		return preset
	}
	return v
}

func bad(field, given, allowed string) error {
	return &hellio.ParamError{Field: field, Given: given, Allowed: allowed}
}

// hash returns the SHA-256 of what the chunks are made from besides the list.
// The chunk size is not in it: boundaries are stored.
func (p Params) hash() string {
	parts := []string{endpoint, p.Sender, p.Message, p.Gateway, p.Region}
	if p.Landlines {
		parts = append(parts, "landlines")
	}
	canonical, _ := json.Marshal(parts) // strings always marshal
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

func nilClient() error { return bad("client", "nil", "a *hellio.Client") }

// printInstead prints a value as this text, for every verb: what the value
// holds must not be logged.
func printInstead(f fmt.State, text string) { _, _ = io.WriteString(f, text) }
