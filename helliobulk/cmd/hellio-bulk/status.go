package main

import (
	"context"
	"encoding/csv"
	"errors"
	"strconv"

	"github.com/hellio-go/hellio/helliobulk"
)

func runStatus(_ context.Context, c *console, args []string) error {
	p := newStored(c, "status")
	var chunks, invalid bool
	addJSON(p.flags, &c.json)
	p.flags.BoolVar(&chunks, "csv", false, "write a line per chunk, as CSV")
	p.flags.BoolVar(&invalid, "invalid", false, "write the entries that are not sent to, as CSV: "+
		"line of the list, and why")
	b, err := p.openToRead(args)
	if err != nil {
		return p.stop(err)
	}
	defer b.Close()
	report := b.Report()
	state := p.stop(report.End(nil))
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

func (c *console) writeInvalid(b *helliobulk.Batch) error {
	out := csv.NewWriter(c.out)
	if err := out.Write([]string{"line", "reason"}); err != nil {
		return err
	}
	for r, err := range b.Invalid() {
		if err != nil {
			return err
		}
		if err := out.Write([]string{strconv.Itoa(r.Line), r.Reason}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
