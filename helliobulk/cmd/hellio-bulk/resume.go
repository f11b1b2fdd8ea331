package main

import (
	"context"

	"github.com/hellio-go/hellio/helliobulk"
)

func runResume(ctx context.Context, c *console, args []string) error {
	return sendStored(ctx, c, "resume", sendFlags{}, args)
}

func runRetry(ctx context.Context, c *console, args []string) error {
	var s sendFlags
	s.options.RetryRejected = true
	return sendStored(ctx, c, "retry", s, args)
}

// sendStored sends a batch that is stored.
func sendStored(ctx context.Context, c *console, name string, s sendFlags, args []string) error {
	p := newStored(c, name)
	s.add(p.flags)
	addJSON(p.flags, &c.json)
	b, err := p.open(args)
	if err != nil {
		return p.stop(err)
	}
	defer b.Close()
	client, err := c.client()
	if err != nil {
		return p.stop(err)
	}
	if s.options.RetryRejected && b.Report().Rejected.Chunks == 0 {
		return p.stop(misused("nothing to retry: the API rejected no chunk of this batch"))
	}
	if err := s.finish(); err != nil {
		return p.stop(err)
	}
	return p.send(ctx, b, client, s)
}

// newStored begins a command on a batch that is stored.
func newStored(c *console, name string) *place {
	p := &place{c: c, flags: newFlags(name, "-store FILE [flags]")}
	p.flags.StringVar(&p.store, "store", "", "`file` of the batch")
	return p
}

// open reads the flags and opens the store, which is locked from then on.
func (p *place) open(args []string) (*helliobulk.Batch, error) {
	return p.openWith(helliobulk.Open, args)
}

// openToRead reads the flags and opens the store to be read only, also while
// another process sends the batch.
func (p *place) openToRead(args []string) (*helliobulk.Batch, error) {
	return p.openWith(helliobulk.OpenReadOnly, args)
}

func (p *place) openWith(
	open func(string) (*helliobulk.Batch, error), args []string,
) (*helliobulk.Batch, error) {
	if err := p.c.parse(p.flags, args, 0); err != nil {
		return nil, err
	}
	if p.store == "" {
		return nil, misused("-store must name the file of a batch")
	}
	b, err := open(p.store)
	if err != nil {
		return nil, err
	}
	p.planned = true
	p.batch = b.Manifest().BatchID
	return b, nil
}
