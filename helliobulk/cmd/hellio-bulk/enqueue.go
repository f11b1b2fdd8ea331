package main

import (
	"context"
	"fmt"

	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliobulk/fleet"
)

func runEnqueue(ctx context.Context, c *console, args []string) error {
	p := newStored(c, "enqueue")
	var s sendFlags
	var wait bool
	var ahead int
	s.addPrice(p.flags)
	p.flags.BoolVar(&wait, "wait", false, "stay until the fleet has sent all of it, and show its progress")
	p.flags.IntVar(&ahead, "ahead", 0, "`chunks` in the queue at a time (default 10000); for a longer batch, -wait or enqueue again")
	o := &s.options
	p.flags.BoolVar(&o.RetryRejected, "retry", false, "send rejected chunks again, with their keys")
	p.flags.BoolVar(&o.ResendUnknown, "resend", false,
		"send chunks that need review again: they may then arrive and cost twice")
	addJSON(p.flags, &c.json)
	b, err := p.open(args)
	if err != nil {
		return p.stop(err)
	}
	defer b.Close()
	p.onward = p.onStore("enqueue", "-wait")
	m, err := c.joinFleet()
	if err != nil {
		return p.stop(err)
	}
	defer m.leave()
	return p.enqueue(ctx, b, m, fleet.Options{Options: s.options, Ahead: ahead}, s, wait)
}

// enqueue asks as send does, hands the batch to the fleet, and waits for it if told to.
func (p *place) enqueue(ctx context.Context, b *helliobulk.Batch, m *fleetmate, o fleet.Options, s sendFlags, wait bool) error {
	warnings, err := fleet.CheckRedis(ctx, m.redis)
	if err != nil {
		return p.stop(err)
	}
	for _, w := range warnings {
		fmt.Fprintf(p.c.err, "Warning: %s\n", w)
	}
	if err := p.c.showPlan(p.c.err, b); err != nil {
		return p.stop(err)
	}
	if r := b.Report(); r.Open.Chunks == r.Chunks {
		if err := p.agree(ctx, b, m.client, s); err != nil {
			return p.stop(err)
		}
	}
	if wait {
		progress := newProgress(p.c, b.Report(), m.client.RateLimit)
		progress.interruptible(ctx, "The fleet goes on without being watched.", p.onward)
		o.Progress = progress.report
		err = fleet.Wait(ctx, m.client, m.redis, b, o)
		progress.end()
	} else if err = fleet.Enqueue(ctx, m.client, m.redis, b, o); err == nil {
		err = p.handedOver(b)
	}
	p.c.showReport(b)
	return p.stop(err)
}

// handedOver is the end of an enqueuing that waits for nothing: good, unless there is something that no fleet can see to.
func (p *place) handedOver(b *helliobulk.Batch) error {
	r := b.Report()
	if left := r.Open.Chunks + r.Unknown.Chunks; left > 0 {
		fmt.Fprintf(p.c.err, "%s chunks are with the fleet, or will be when there is room. To collect what became of them, run\n  %s\n", thousands(left), p.onward)
	}
	r.Open = helliobulk.Count{}
	r.Unknown = helliobulk.Count{}
	return r.End(nil)
}
