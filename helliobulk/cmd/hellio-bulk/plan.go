package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliobulk/internal/list"
)

// planning is the part of plan and send that ends with a stored batch.
type planning struct {
	place
	batch   batchFlags
	list    listFlags
	sending *sendFlags // nil: the command only plans
	client  *hellio.Client
}

func newPlanning(c *console, name string) *planning {
	const usage = "LIST [flags]\n\nLIST is a CSV file, or a file with a number per line; " +
		"- is standard input."
	p := &planning{place: place{c: c, flags: newFlags(name, usage)}}
	p.batch.add(p.flags)
	p.list.add(p.flags)
	return p
}

func runPlan(ctx context.Context, c *console, args []string) error {
	var offline bool
	p := newPlanning(c, "plan")
	p.flags.BoolVar(&offline, "offline", false, "make no call: show no price")
	addJSON(p.flags, &c.json)
	b, err := p.plan(ctx, args)
	if err != nil {
		return p.stop(err)
	}
	defer b.Close()
	if err := c.showPlan(c.out, b); err != nil {
		return p.stop(err)
	}
	if !offline {
		if err := p.price(ctx, b); err != nil {
			return p.stop(err)
		}
	}
	return &stopped{status: statusDone, next: []step{{"to send it, run", p.resume()}}}
}

// price shows what the batch costs, and fails if that cannot be paid.
func (p *planning) price(ctx context.Context, b *helliobulk.Batch) error {
	if err := b.CheckAccount(ctx, p.client); err != nil {
		return err
	}
	e, err := b.Estimate(ctx, p.client)
	if err != nil {
		p.planned = false // the user still wants the price, not to send
		return err
	}
	p.c.showEstimate(p.c.out, e)
	if !e.Payable {
		return &helliobulk.PaymentError{Estimate: *e}
	}
	return nil
}

// plan reads flags and list and returns the batch, open.
func (p *planning) plan(ctx context.Context, args []string) (*helliobulk.Batch, error) {
	if err := p.c.parse(p.flags, args, 1); err != nil {
		return nil, err
	}
	if len(p.flags.args) == 0 {
		return nil, misused("which list? Name a file, or - for standard input")
	}
	format, err := p.list.format()
	if err != nil {
		return nil, err
	}
	if err := p.batch.finish(p.c, format.Encoding); err != nil {
		return nil, err
	}
	params := p.batch.params
	if p.sending != nil { // checked before a store is made
		if err := p.sending.finish(); err != nil {
			return nil, err
		}
		params.Options = p.sending.options
	}
	p.store = params.Store
	p.place.batch = params.BatchID
	if format.Fields, err = helliobulk.Placeholders(params.Message); err != nil {
		return nil, err
	}
	if p.client, err = p.c.client(); err != nil {
		return nil, err
	}
	recipients, done, err := p.c.open(p.flags.args[0], format)
	if err != nil {
		return nil, err
	}
	defer done()
	if _, err := helliobulk.Plan(ctx, p.client, p.c.counted(recipients), params); err != nil {
		return nil, err
	}
	p.planned = true
	return helliobulk.Open(params.Store)
}

// open begins to read a list; done closes its file.
func (c *console) open(
	path string, f list.Format,
) (entries iter.Seq2[helliobulk.Recipient, error], done func(), err error) {
	in := io.NopCloser(c.in)
	if path != "-" {
		if in, err = os.Open(path); err != nil {
			return nil, nil, err
		}
	}
	l, err := list.New(in, f)
	if err != nil {
		_ = in.Close() // only read
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return l.Recipients(), func() { _ = in.Close() }, nil
}

// counted shows at a terminal how far the reading is.
func (c *console) counted(
	entries iter.Seq2[helliobulk.Recipient, error],
) iter.Seq2[helliobulk.Recipient, error] {
	const every = 25_000
	if c.width == nil {
		return entries
	}
	return func(yield func(helliobulk.Recipient, error) bool) {
		n := 0
		for r, err := range entries {
			if n++; n%every == 0 {
				fmt.Fprintf(c.err, "\rReading the list: %s entries", thousands(n))
			}
			if !yield(r, err) {
				break
			}
		}
		if n >= every {
			fmt.Fprint(c.err, "\r\x1b[K")
		}
	}
}

// listErrors returns the errors of a list, if there are several.
func listErrors(err error) list.Errors {
	var all list.Errors
	if errors.As(err, &all) && len(all) > 1 {
		return all
	}
	return nil
}
