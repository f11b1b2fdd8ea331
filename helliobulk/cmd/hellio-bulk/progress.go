package main

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
)

// How often progress is shown: drawn on a terminal, as lines elsewhere, and as
// JSON.
const (
	drawEvery  = 500 * time.Millisecond
	lineEvery  = 10 * time.Second
	eventEvery = time.Second
	barWidth   = 30 // columns, at most
)

// progressView shows how far a run is. What the run reports is kept, and shown
// at its own pace.
type progressView struct {
	c     *console
	limit func() hellio.RateLimit
	opts  helliobulk.Options
	draws bool
	began time.Time
	first helliobulk.Report // when this run began

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
func newProgress(
	c *console, r helliobulk.Report, limit func() hellio.RateLimit, o helliobulk.Options,
) *progressView {
	p := &progressView{
		c:       c,
		limit:   limit,
		opts:    o,
		draws:   c.width != nil && !c.json,
		began:   time.Now(),
		first:   r,
		last:    r,
		window:  time.Now(),
		noticed: make(chan struct{}),
		stop:    make(chan struct{}),
	}
	every := lineEvery
	switch {
	case c.json:
		every = eventEvery
	case p.draws:
		every = drawEvery
	}
	p.stopped.Go(func() { p.run(every) })
	return p
}

func (p *progressView) run(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.mu.Lock()
			if p.draws || unsettled(p.last) != p.shown {
				p.show()
			}
			p.mu.Unlock()
		case <-p.stop:
			return
		}
	}
}

// report takes what the run reports.
func (p *progressView) report(r helliobulk.Report) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = r
	now := p.limit().Remaining
	if now > p.remaining {
		p.window = time.Now()
	}
	p.remaining = now
}

// note prints a sentence between two states.
func (p *progressView) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.draws {
		fmt.Fprint(p.c.err, "\r\x1b[K")
	}
	fmt.Fprintln(p.c.err, text)
}

// interruptible says, once ctx ends, what happens now and how to continue.
func (p *progressView) interruptible(ctx context.Context, now, resume string) {
	p.notice = context.AfterFunc(ctx, func() {
		defer close(p.noticed)
		p.note(now + " To continue, run\n  " + resume)
	})
}

// end shows the last of it.
func (p *progressView) end() {
	if !p.notice() { // the last line comes last
		<-p.noticed
	}
	close(p.stop)
	p.stopped.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.show()
	if p.draws {
		fmt.Fprintln(p.c.err)
	}
}

// unsettled counts the chunks that have no end yet.
func unsettled(r helliobulk.Report) helliobulk.Count {
	return helliobulk.Count{
		Chunks:     r.Open.Chunks + r.Unknown.Chunks,
		Recipients: r.Open.Recipients + r.Unknown.Recipients,
	}
}

func (p *progressView) show() {
	now := unsettled(p.last)
	p.shown = now
	passed := time.Since(p.began)
	sent := max(0, unsettled(p.first).Recipients-now.Recipients) // what is resent was not left before
	rate := float64(sent) / max(passed.Seconds(), 0.001)
	estimate, known := p.timeLeft(now, passed)
	if p.c.json {
		e := event{
			Event:   "progress",
			Report:  &p.last,
			Seconds: &seconds{Passed: tenths(passed.Seconds()), Rate: tenths(rate)},
		}
		if known {
			s := tenths(estimate.Seconds())
			e.Seconds.Left = &s
		}
		p.c.emit(e)
		return
	}
	done := p.last.Recipients - now.Recipients
	text := fmt.Sprintf("%s of %s, %s/s, %s", thousands(done), thousands(p.last.Recipients),
		thousands(int(math.Round(rate))), money(p.last))
	wait := p.opts.Window.OpensIn(time.Now())
	switch {
	case now.Chunks == 0:
	case wait > 0:
		text += ", waiting for " + p.opts.Window.String()
	case known:
		text += ", " + estimate.Round(time.Second).String() + " left"
	default:
		text += ", time left not known yet"
	}
	if p.draws {
		text = bar(done, max(1, p.last.Recipients), text, p.c.width())
		fmt.Fprintf(p.c.err, "\r%s\x1b[K", text)
		return
	}
	fmt.Fprintln(p.c.err, text)
}

// bar draws how much of all is done before a text, on a line of so many
// columns. A narrow terminal gets a shorter bar, or the text alone, cut off.
func bar(done, all int, text string, columns int) string {
	percent := fmt.Sprintf("%3d%% ", done*100/all)
	room := min(barWidth, columns-1-len(percent)-len(text)-len("[]  "))
	if room >= 5 {
		full := done * room / all
		drawn := strings.Repeat("=", full) + strings.Repeat(" ", room-full)
		return percent + "[" + drawn + "]  " + text
	}
	text = percent + text
	return text[:min(len(text), max(0, columns-1))]
}

func tenths(s float64) float64 { return math.Round(s*10) / 10 }

// timeLeft continues at the pace so far, but no faster than the rate limit
// allows.
func (p *progressView) timeLeft(
	now helliobulk.Count, passed time.Duration,
) (estimate time.Duration, known bool) {
	if settled := unsettled(p.first).Chunks - now.Chunks; settled > 0 {
		estimate = time.Duration(float64(passed) / float64(settled) * float64(now.Chunks))
		known = true
	}
	rl := p.limit()
	if waiting := now.Chunks - rl.Remaining; rl.Limit > 0 && waiting > 0 {
		windows := (waiting + rl.Limit - 1) / rl.Limit
		limited := time.Duration(windows)*time.Minute - min(time.Since(p.window), time.Minute)
		return max(estimate, limited), true
	}
	return estimate, known
}
