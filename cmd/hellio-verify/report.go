package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/internal/behaviour"
	"github.com/hellio-go/hellio/internal/behaviour/check"
)

// printer writes the report.
type printer struct{ out io.Writer }

func (p printer) text(format string, args ...any) { fmt.Fprintf(p.out, format, args...) }

func (p printer) line(format string, args ...any) { p.text(format+"\n", args...) }

// result prints one claim. A refuted one has both answers next to each other.
func (p printer) result(r result) {
	var refuted *check.Refuted
	switch {
	case r.err == nil:
		p.line("confirmed     %-34s %s", r.ID, r.Text)
	case errors.As(r.err, &refuted):
		p.line("REFUTED       %-34s %s", r.ID, r.Text)
		p.line("    expected  %-40s seen  %s", refuted.Expected, refuted.Seen)
	default:
		p.line("not testable  %-34s %s", r.ID, reasonOf(r.err))
	}
}

// reasonOf returns why a claim was not tested. It quotes no error of the
// network, because those hold addresses.
func reasonOf(err error) string {
	var untestable *check.Untestable
	var short *poor
	var lost *url.Error
	switch {
	case errors.As(err, &untestable):
		return untestable.Reason
	case errors.As(err, &short):
		return short.Error()
	case errors.As(err, &lost) && lost.Timeout():
		return "no answer in time"
	case errors.As(err, &lost):
		return "the connection failed"
	}
	return "the check failed: " + err.Error()
}

func count(results []result, kind string) (n int) {
	for _, r := range results {
		if r.result == kind {
			n++
		}
	}
	return n
}

// total prints the last lines.
func (p printer) total(r *run) {
	if r.spent > 0 {
		p.line("messages, codes, calls and lookups can't be deleted: see the reports of the account")
	}
	line := fmt.Sprintf("%d behaviours: %d confirmed, %d refuted, %d not testable",
		len(r.results), count(r.results, behaviour.Confirmed), count(r.results, behaviour.Refuted),
		count(r.results, behaviour.NotTestable))
	if r.cfg.spend > 0 {
		line += fmt.Sprintf("; spent %v %s", r.spent, r.currency)
	}
	p.line("%s", line)
}

// observations returns the file of the run. It holds no token, number, address
// or amount.
func (r *run) observations(now time.Time) (*behaviour.Observations, error) {
	const form = "2006-01-02T15:04:05-07:00"
	file := &behaviour.Observations{
		Format:       behaviour.Format,
		Version:      behaviour.Version,
		Source:       "hellio-verify v" + hellio.Version,
		API:          "another",
		From:         r.began.UTC().Format(form),
		To:           now.UTC().Format(form),
		Observations: []behaviour.Observation{},
	}
	if r.cfg.baseURL == production {
		file.API = production
	}
	for _, res := range r.results {
		o := behaviour.Observation{ID: res.ID, Result: res.result}
		var refuted *check.Refuted
		switch {
		case res.err == nil:
			o.Count = 1
		case errors.As(res.err, &refuted):
			o.Count = 1
			o.Expected = refuted.Expected
			o.Seen = refuted.Seen
			if refuted.Value != nil {
				value, err := json.Marshal(refuted.Value)
				if err != nil {
					return nil, err
				}
				o.Value = value
			}
		default:
			o.Reason = filedReason(res.err)
		}
		file.Observations = append(file.Observations, o)
	}
	return file, nil
}

// filedReason is reasonOf without amounts and texts of the system.
func filedReason(err error) string {
	var untestable *check.Untestable
	var short *poor
	switch {
	case errors.As(err, &untestable):
		return untestable.Reason
	case errors.As(err, &short):
		return "the balance is below the price"
	}
	return "the check failed"
}

// write writes the observation file.
func (r *run) write() error {
	file, err := r.observations(time.Now())
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	if _, _, err := behaviour.ReadObservations(text); err != nil {
		return fmt.Errorf("the observations are not written: %w", err)
	}
	return os.WriteFile(r.cfg.out, append(text, '\n'), 0o644)
}
