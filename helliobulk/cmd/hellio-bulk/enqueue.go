package main

import (
	"context"
	"fmt"
	"time"

	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliobulk/fleet"
)

func runEnqueue(ctx context.Context, c *console, args []string) error {
	p := newStored(c, "enqueue")
	var s sendFlags
	var wait bool
	var ahead int
	s.addShared(p.flags)
	p.flags.BoolVar(&wait, "wait", false, "stay until the fleet has sent all of it, and show its "+
		"progress")
	p.flags.IntVar(&ahead, "ahead", 0, "`chunks` in the queue at a time (default 10000); for a "+
		"longer batch, -wait or enqueue again")
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
	if err := s.finish(); err != nil {
		return p.stop(err)
	}
	m, err := c.joinFleet()
	if err != nil {
		return p.stop(err)
	}
	defer m.leave()
	return p.enqueue(ctx, b, m, s, ahead, wait)
}

// enqueue asks as send does, passes the batch to the fleet, and waits for it if
// asked to.
func (p *place) enqueue(
	ctx context.Context, b *helliobulk.Batch, m *fleetClient, s sendFlags, ahead int, wait bool,
) error {
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
	if err := p.begin(ctx, b, m.client, s); err != nil {
		return p.stop(err)
	}
	s.options.SendUnseen = s.confirm == b.Manifest().BatchID
	options := fleet.Options{Options: s.options, Ahead: ahead}
	if wait {
		err = p.watch(ctx, b, m, options)
	} else if err = fleet.Enqueue(ctx, m.client, m.redis, b, options); err == nil {
		p.noWorker(ctx, m, func(text string) { fmt.Fprintln(p.c.err, text) })
		err = p.passed(b)
	}
	p.c.showReport(b)
	return p.stop(err)
}

// watch waits for the fleet and shows its progress.
func (p *place) watch(
	ctx context.Context, b *helliobulk.Batch, m *fleetClient, o fleet.Options,
) error {
	progress := newProgress(p.c, b.Report(), m.client.RateLimit, o.Options)
	progress.interruptible(ctx, "The fleet continues without being watched.", p.onward)
	o.Progress = progress.report
	listening, stop := context.WithCancel(ctx)
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		select {
		case <-time.After(listenWait):
			p.noWorker(listening, m, progress.note)
		case <-listening.Done():
		}
	}()
	err := fleet.Wait(ctx, m.client, m.redis, b, o)
	stop()
	<-asked
	progress.end()
	return err
}

// listenWait is how long a worker may take to report that it is there, which it
// does every 5 s.
const listenWait = 7 * time.Second

// noWorker says so if no worker listens to the queue.
func (p *place) noWorker(ctx context.Context, m *fleetClient, note func(string)) {
	n, err := fleet.Workers(ctx, m.client, m.redis)
	if err == nil && n == 0 {
		note("No worker is listening to this queue. To be one, run on any machine with the same " +
			"token and Redis\n  " + p.c.command("worker"))
	}
}

// passed is the end of an enqueuing that does not wait: nil, unless there is
// something that no fleet can finish.
func (p *place) passed(b *helliobulk.Batch) error {
	r := b.Report()
	if left := r.Open.Chunks + r.Unknown.Chunks; left > 0 {
		fmt.Fprintf(p.c.err, "%s chunks are with the fleet, or will be when there is room. To "+
			"collect their results, run\n  %s\n", thousands(left), p.onward)
	}
	r.Open = helliobulk.Count{}
	r.Unknown = helliobulk.Count{}
	return r.End(nil)
}
