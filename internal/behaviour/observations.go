package behaviour

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// The format of an observation file.
const (
	Format  = "hellio observations"
	Version = 1
)

// The results of an observation.
const (
	Confirmed   = "confirmed"
	Refuted     = "refuted"
	Mixed       = "mixed" // seen both ways
	NotTestable = "not_testable"
)

// Observations are what was seen of the claims at a real API. They hold no
// token, number, address, text or amount.
type Observations struct {
	Format       string        `json:"format"`
	Version      int           `json:"version"`
	Source       string        `json:"source"`
	API          string        `json:"api"`
	From         string        `json:"from"`
	To           string        `json:"to"`
	Observations []Observation `json:"observations"`
}

// Observation is what was seen of one claim.
type Observation struct {
	ID       string          `json:"id"`
	Result   string          `json:"result"`
	Value    json.RawMessage `json:"value,omitempty"`
	Count    int             `json:"count,omitempty"` // how often
	Expected string          `json:"expected,omitempty"`
	Seen     string          `json:"seen,omitempty"`
	Reason   string          `json:"reason,omitempty"` // why it is not testable
}

// maxFile is the largest observation file in bytes.
const maxFile = 1 << 20

// ReadObservations reads an observation file. Its errors name the place. It
// returns the ids that are no claim of this version apart.
func ReadObservations(data []byte) (file *Observations, unknown []string, err error) {
	if len(data) > maxFile {
		return nil, nil, fmt.Errorf("the file has %d bytes, want at most %d", len(data), maxFile)
	}
	if err := checkVersion(data); err != nil {
		return nil, nil, err
	}
	file = new(Observations)
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(file); err != nil {
		return nil, nil, placed(data, err)
	}
	if err := file.checkHead(); err != nil {
		return nil, nil, err
	}
	results := make(map[string]string)
	for i, o := range file.Observations {
		if err := o.check(results); err != nil {
			return nil, nil, fmt.Errorf("observations[%d] (%s): %w", i, label(o.ID), err)
		}
		if _, known := Find(o.ID); !known {
			unknown = append(unknown, o.ID)
		}
	}
	file.Observations = slices.DeleteFunc(file.Observations,
		func(o Observation) bool { return slices.Contains(unknown, o.ID) })
	return file, unknown, nil
}

// checkVersion reads format and version alone. A newer version may have members
// that this one does not know.
func checkVersion(data []byte) error {
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return placed(data, err)
	}
	switch {
	case head.Format != Format:
		return fmt.Errorf("format: want %q", Format)
	case head.Version > Version:
		return fmt.Errorf("version: got %d, and this program reads up to %d", head.Version, Version)
	case head.Version < 1:
		return fmt.Errorf("version: got %d, want 1 or more", head.Version)
	}
	return nil
}

func (f *Observations) checkHead() error {
	for name, text := range map[string]string{"from": f.From, "to": f.To} {
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			return fmt.Errorf("%s: want a time such as 2026-11-27T20:00:00+00:00", name)
		}
	}
	return nil
}

// check returns an error if an observation is malformed, or contradicts one
// before it.
func (o *Observation) check(results map[string]string) error {
	known := []string{Confirmed, Refuted, Mixed, NotTestable}
	value := string(o.Value)
	if before, again := results[o.ID]; again && before != o.Result+value {
		return errors.New("it is listed twice with different results")
	}
	results[o.ID] = o.Result + value
	switch {
	case !idForm.MatchString(o.ID):
		return errors.New(`id: want a form such as "idempotency.other_body"`)
	case !slices.Contains(known, o.Result):
		return fmt.Errorf("result: want one of %q", known)
	case o.Count < 0:
		return errors.New("count: want 0 or more")
	case o.Value != nil && o.Result != Refuted:
		return errors.New("value: only a refuted claim has one")
	}
	for name, text := range map[string]string{
		"expected": o.Expected, "seen": o.Seen, "reason": o.Reason, "value": value,
	} {
		if private.MatchString(text) {
			return fmt.Errorf("%s: it holds what looks like a number, an address or a token", name)
		}
	}
	about, found := Find(o.ID)
	if !found || o.Value == nil || !about.Follow.Possible() {
		return nil
	}
	if _, err := about.Follow.Parse(o.Value); err != nil {
		return fmt.Errorf("value: %w", err)
	}
	return nil
}

var (
	idForm  = regexp.MustCompile(`^[a-z0-9_]+\.[a-z0-9_]+$`)
	private = regexp.MustCompile(`\d{6}|@|\||whsec_\w|ussk_\w`)
)

// label returns an id that may be shown.
func label(id string) string {
	if !idForm.MatchString(id) {
		return "no id"
	}
	return id
}

// placed adds the line to an error of JSON.
func placed(data []byte, err error) error {
	var syntax *json.SyntaxError
	var mistyped *json.UnmarshalTypeError
	offset := int64(-1)
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &mistyped):
		offset = mistyped.Offset
	}
	if offset < 0 {
		return err
	}
	line := 1 + bytes.Count(data[:min(offset, int64(len(data)))], []byte("\n"))
	return fmt.Errorf("line %d: %w", line, err)
}
