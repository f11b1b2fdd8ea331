package main

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
)

// How often progress is shown: drawn on a terminal, as lines elsewhere, and as JSON.
const (
	drawEvery  = 500 * time.Millisecond
	lineEvery  = 10 * time.Second
	eventEvery = time.Second
)

// progress shows how far a run is. What the run reports is kept, and shown at its own pace.
type progress struct {
	c     *console
	limit func() hellio.RateLimit
	bar   *progressbar.ProgressBar // nil: lines
	began time.Time
	first helliobulk.Report // where this run began

	mu        sync.Mutex
	last      helliobulk.Report
	shown     helliobulk.Count // what was left when it was shown
	remaining int              // of the rate limit's window
	window    time.Time        // when it began, as far as one can see
	notice    func() bool      // ends what waits for an interrupt, unless it has begun
	noticed   chan struct{}    // closed when that has said what it has to say

	stop    chan struct{}
	stopped sync.WaitGroup
}

// newProgress begins to show a run.
func newProgress(c *console, r helliobulk.Report, limit func() hellio.RateLimit) *progress {
	p := &progress{c: c, limit: limit, began: time.Now(), first: r, last: r, window: time.Now(), stop: make(chan struct{}), noticed: make(chan struct{})}
	every := lineEvery
	switch {
	case c.json:
		every = eventEvery
	case c.draws:
		every = drawEvery
		p.bar = progressbar.NewOptions(r.Recipients, progressbar.OptionSetWriter(c.err), progressbar.OptionSetWidth(30),
			progressbar.OptionSetElapsedTime(false), progressbar.OptionSetPredictTime(false), progressbar.OptionShowDescriptionAtLineEnd(),
			progressbar.OptionUseANSICodes(true),
			progressbar.OptionSetTheme(progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]"}))
	}
	p.stopped.Go(func() { p.run(every) })
	return p
}

func (p *progress) run(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.mu.Lock()
			if p.bar != nil || left(p.last) != p.shown {
				p.show()
			}
			p.mu.Unlock()
		case <-p.stop:
			return
		}
	}
}

// report takes what the run tells.
func (p *progress) report(r helliobulk.Report) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = r
	now := p.limit().Remaining
	if now > p.remaining {
		p.window = time.Now()
	}
	p.remaining = now
}

// interruptible says, once ctx ends, what happens now and how to go on.
func (p *progress) interruptible(ctx context.Context, now, resume string) {
	p.notice = context.AfterFunc(ctx, func() {
		defer close(p.noticed)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.clear()
		fmt.Fprintf(p.c.err, "%s To go on, run\n  %s\n", now, resume)
	})
}

// end shows the last of it.
func (p *progress) end() {
	if !p.notice() { // the last line comes last
		<-p.noticed
	}
	close(p.stop)
	p.stopped.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.show()
	if p.bar != nil {
		fmt.Fprintln(p.c.err)
	}
}

func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear() // a terminal that is gone
	}
}

// left is what has no end yet.
func left(r helliobulk.Report) helliobulk.Count {
	return helliobulk.Count{Chunks: r.Open.Chunks + r.Unknown.Chunks, Recipients: r.Open.Recipients + r.Unknown.Recipients}
}

func (p *progress) show() {
	now := left(p.last)
	p.shown = now
	passed := time.Since(p.began)
	rate := float64(max(0, left(p.first).Recipients-now.Recipients)) / max(passed.Seconds(), 0.001) // what is resent was not left before
	estimate, known := p.timeLeft(now, passed)
	if p.c.json {
		e := event{Event: "progress", Report: &p.last, Seconds: &seconds{Passed: round(passed.Seconds()), Rate: round(rate)}}
		if known {
			s := round(estimate.Seconds())
			e.Seconds.Left = &s
		}
		p.c.emit(e)
		return
	}
	done := p.last.Recipients - now.Recipients
	text := fmt.Sprintf("%s of %s, %.0f/s, %s", thousands(done), thousands(p.last.Recipients), rate, money(p.last))
	switch {
	case known && now.Chunks > 0:
		text += ", " + estimate.Round(time.Second).String() + " left"
	case now.Chunks > 0:
		text += ", time left not known yet"
	}
	if p.bar == nil {
		fmt.Fprintln(p.c.err, text)
		return
	}
	p.bar.Describe(text)
	_ = p.bar.Set(done) // a terminal that is gone
}

func round(s float64) float64 { return math.Round(s*10) / 10 }

// timeLeft goes on at the pace so far, but no faster than the rate limit allows.
func (p *progress) timeLeft(now helliobulk.Count, passed time.Duration) (estimate time.Duration, known bool) {
	if settled := left(p.first).Chunks - now.Chunks; settled > 0 {
		estimate, known = time.Duration(float64(passed)/float64(settled)*float64(now.Chunks)), true
	}
	rl := p.limit()
	if waiting := now.Chunks - rl.Remaining; rl.Limit > 0 && waiting > 0 {
		windows := (waiting + rl.Limit - 1) / rl.Limit
		limited := time.Duration(windows)*time.Minute - min(time.Since(p.window), time.Minute)
		return max(estimate, limited), true
	}
	return estimate, known
}
