package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"strconv"

	"github.com/hellio-go/hellio/helliobulk"
)

func runStatus(_ context.Context, c *console, args []string) error {
	p := newStored(c, "status")
	var chunks, invalid bool
	addJSON(p.flags, &c.json)
	p.flags.BoolVar(&chunks, "csv", false, "write a line a chunk, as CSV")
	p.flags.BoolVar(&invalid, "invalid", false, "write the entries that are not sent to, as CSV: place in the list without its header, and why")
	b, err := p.open(args)
	if err != nil {
		return p.stop(err)
	}
	defer b.Close()
	state := p.stop(standing(b))
	switch {
	case chunks:
		err = helliobulk.WriteCSV(c.out, b.Chunks())
	case invalid:
		err = c.writeInvalid(b)
	default:
		c.showReport(b)
	}
	return errors.Join(p.stop(err), state)
}

// standing is the error that a run with nothing left to try would end with: of a batch that is done, nil.
func standing(b *helliobulk.Batch) error {
	r := b.Report()
	var errs []error
	if n := r.Open.Chunks + r.Unknown.Chunks; n > 0 {
		errs = append(errs, fmt.Errorf("%w: %d of %d chunks are left", helliobulk.ErrUnfinished, n, r.Chunks))
	}
	if n := r.NeedsReview.Chunks; n > 0 {
		errs = append(errs, fmt.Errorf("%w: %d of %d", helliobulk.ErrNeedsReview, n, r.Chunks))
	}
	if n := r.Reused.Chunks; n > 0 {
		errs = append(errs, fmt.Errorf("%w: %d of %d chunks", helliobulk.ErrBatchReused, n, r.Chunks))
	}
	return errors.Join(errs...)
}

func (c *console) writeInvalid(b *helliobulk.Batch) error {
	out := csv.NewWriter(c.out)
	if err := out.Write([]string{"entry", "reason"}); err != nil {
		return err
	}
	for r, err := range b.Invalid() {
		if err != nil {
			return err
		}
		if err := out.Write([]string{strconv.Itoa(r.Position), r.Reason}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
