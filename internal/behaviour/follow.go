package behaviour

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Follow is the form of the value that an observation of a refuted claim has.
// The zero value is a claim that the fake can't follow.
type Follow struct {
	kind    kind
	choices []string // of a choice; the default comes first. Of an order: its steps
	refusal Refusal
	low     int // of a count
	high    int
}

type kind int

const (
	kindNone kind = iota
	kindStatus
	kindRefusal
	kindOrder
	kindChoice
	kindCount
	kindDuration
	kindOffsets
	kindFields
)

// Refusal is an error answer. An empty code is an answer without one.
type Refusal struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
}

// Fields are the members of an object that differ.
type Fields struct {
	Absent []string `json:"absent,omitempty"` // left out
	Null   []string `json:"null,omitempty"`   // null
	Number []string `json:"number,omitempty"` // JSON numbers in place of strings
}

var (
	aStatus   = Follow{kind: kindStatus}
	aDuration = Follow{kind: kindDuration}
	aOffsets  = Follow{kind: kindOffsets}
	aFields   = Follow{kind: kindFields}
)

func aError(status int, code string) Follow {
	return Follow{kind: kindRefusal, refusal: Refusal{status, code}}
}

func aOrder(steps ...string) Follow { return Follow{kind: kindOrder, choices: steps} }

func aChoice(values ...string) Follow { return Follow{kind: kindChoice, choices: values} }

func aCount(low, high int) Follow { return Follow{kind: kindCount, low: low, high: high} }

// Possible reports whether the fake can follow an observation.
func (f Follow) Possible() bool { return f.kind != kindNone }

// Refusal returns the error that the claim names, and reports whether it names
// one.
func (f Follow) Refusal() (Refusal, bool) { return f.refusal, f.kind == kindRefusal }

// Steps returns the checks of an order, nil for other claims.
func (f Follow) Steps() []string {
	if f.kind != kindOrder {
		return nil
	}
	return slices.Clone(f.choices)
}

// Parse reads the value of an observation: an int for a status or a count, a
// Refusal, a []string for an order, a string for a choice, a time.Duration, a
// []time.Duration for offsets, or Fields.
func (f Follow) Parse(raw json.RawMessage) (value any, err error) {
	switch f.kind {
	case kindStatus:
		return parseCount(raw, 200, 299)
	case kindCount:
		return parseCount(raw, f.low, f.high)
	case kindRefusal:
		return parseRefusal(raw)
	case kindOrder:
		return f.parseOrder(raw)
	case kindChoice:
		return f.parseChoice(raw)
	case kindDuration:
		return parseDuration(raw)
	case kindOffsets:
		return parseOffsets(raw)
	case kindFields:
		return parseFields(raw)
	}
	return nil, fmt.Errorf("the fake can't follow this claim")
}

func parseCount(raw json.RawMessage, low, high int) (int, error) {
	var n int
	if strict(raw, &n) != nil || n < low || n > high {
		return 0, fmt.Errorf("want a whole number from %d to %d", low, high)
	}
	return n, nil
}

var word = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

func parseRefusal(raw json.RawMessage) (Refusal, error) {
	var r struct {
		Status int     `json:"status"`
		Code   *string `json:"code"`
	}
	switch {
	case strict(raw, &r) != nil || r.Status < 400 || r.Status > 599:
		return Refusal{}, fmt.Errorf("want a status from 400 to 599 and a code")
	case r.Code == nil:
		return Refusal{Status: r.Status}, nil
	case !word.MatchString(*r.Code):
		return Refusal{}, fmt.Errorf("want a code of lower-case letters, digits and _")
	}
	return Refusal{r.Status, *r.Code}, nil
}

func (f Follow) parseOrder(raw json.RawMessage) ([]string, error) {
	var steps []string
	err := strict(raw, &steps)
	if err != nil || !slices.Equal(slices.Sorted(slices.Values(steps)),
		slices.Sorted(slices.Values(f.choices))) {
		return nil, fmt.Errorf("want each of %q once", f.choices)
	}
	return steps, nil
}

func (f Follow) parseChoice(raw json.RawMessage) (string, error) {
	var text string
	if strict(raw, &text) != nil || !slices.Contains(f.choices, text) {
		return "", fmt.Errorf("want one of %q", f.choices)
	}
	return text, nil
}

// maxDuration bounds the durations of a file: a year.
const maxDuration = 366 * 24 * time.Hour

func parseDuration(raw json.RawMessage) (time.Duration, error) {
	var text string
	if err := strict(raw, &text); err != nil {
		return 0, fmt.Errorf(`want a duration such as "24h"`)
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > maxDuration {
		return 0, fmt.Errorf(`want a duration such as "24h", of at most a year`)
	}
	return d, nil
}

func parseOffsets(raw json.RawMessage) ([]time.Duration, error) {
	wrong := fmt.Errorf(`want growing offsets from "0s", such as ["0s", "10s"]`)
	var texts []json.RawMessage
	if strict(raw, &texts) != nil || len(texts) == 0 || len(texts) > 100 {
		return nil, wrong
	}
	all := make([]time.Duration, len(texts))
	for i, text := range texts {
		d, err := parseDuration(text)
		if err != nil || (i == 0) != (d == 0) || i > 0 && d <= all[i-1] {
			return nil, wrong
		}
		all[i] = d
	}
	return all, nil
}

func parseFields(raw json.RawMessage) (Fields, error) {
	var f Fields
	if strict(raw, &f) != nil {
		return f, fmt.Errorf("want lists of members: absent, null and number")
	}
	all := slices.Concat(f.Absent, f.Null, f.Number)
	slices.Sort(all)
	switch {
	case len(all) == 0:
		return f, fmt.Errorf("want at least one member")
	case len(slices.Compact(slices.Clone(all))) < len(all):
		return f, fmt.Errorf("one member is in two lists or twice in one")
	case slices.ContainsFunc(all, func(name string) bool { return !word.MatchString(name) }):
		return f, fmt.Errorf("want names of lower-case letters, digits and _")
	}
	return f, nil
}

// strict decodes one JSON value, without unknown members. null is no value.
func strict(raw json.RawMessage, into any) error {
	if string(bytes.TrimSpace(raw)) == "null" || len(raw) == 0 {
		return fmt.Errorf("there is no value")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// JSON returns the value of an observation for a refusal.
func (r Refusal) JSON() any {
	value := map[string]any{"status": r.Status, "code": nil}
	if r.Code != "" {
		value["code"] = r.Code
	}
	return value
}
