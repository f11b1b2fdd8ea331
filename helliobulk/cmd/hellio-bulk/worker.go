package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/hellio-go/hellio/helliobulk/fleet"
)

func runWorker(ctx context.Context, c *console, args []string) error {
	p := &place{c: c, flags: newFlags("worker", "[flags]")}
	var o fleet.WorkOptions
	var quiet bool
	p.flags.IntVar(&o.Workers, "workers", 0, "`calls` at a time, at most 64 (default 4)")
	p.flags.DurationVar(&o.Grace, "grace", 0, "`time` that calls in flight have to end after "+
		"Ctrl-C (default 10s)")
	p.flags.StringVar(&o.Name, "name", "", "`name` of this worker in logs (default host and "+
		"process id)")
	p.flags.BoolVar(&quiet, "quiet", false, "log warnings alone, not each call")
	addJSON(p.flags, &c.json)
	if err := c.parse(p.flags, args, 0); err != nil {
		return p.stop(err)
	}
	m, err := c.joinFleet()
	if err != nil {
		return p.stop(err)
	}
	defer m.leave()
	o.Logger = c.log(quiet)
	fmt.Fprintf(c.err, "Waiting for chunks to send to %s. Ctrl-C ends it after the calls in "+
		"flight; kill -9 loses nothing.\n", m.client.BaseURL())
	return p.stop(fleet.Work(ctx, m.client, m.redis, o))
}

// log writes a line per call: JSON to standard output, or text to standard
// error.
func (c *console) log(quiet bool) *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.LevelInfo}
	if quiet {
		options.Level = slog.LevelWarn
	}
	if c.json {
		return slog.New(slog.NewJSONHandler(c.out, options))
	}
	return slog.New(slog.NewTextHandler(c.err, options))
}
