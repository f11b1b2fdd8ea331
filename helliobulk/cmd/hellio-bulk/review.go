package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
)

// reviewing is the command review.
type reviewing struct {
	*place
	margin        time.Duration
	sent, notSent indexes
	resend        bool
	confirm       string

	looked    bool
	campaigns []hellio.Campaign // that may be those of chunks in review, newest first
}

func runReview(ctx context.Context, c *console, args []string) error {
	r := &reviewing{place: newStored(c, "review")}
	look := r.flags.Bool("look", false, "ask the API for campaigns that may be those of the chunks")
	r.flags.Var(&r.sent, "sent", "`chunks` that were sent, such as 3,7-9: they are done")
	r.flags.Var(&r.notSent, "not-sent", "`chunks` that were not sent: resume sends them")
	r.flags.BoolVar(&r.resend, "resend", false, "send all that need review once more: people may get it twice, and it may cost twice")
	r.flags.StringVar(&r.confirm, "confirm", "", "the batch's `id`, with -resend, where nobody can be asked to type it")
	addMargin(r.flags, &r.margin)
	addJSON(r.flags, &c.json)
	b, err := r.open(args)
	if err != nil {
		return r.stop(err)
	}
	defer b.Close()
	switch {
	case r.resend && len(r.sent)+len(r.notSent) > 0:
		return r.stop(misused("-resend goes without -sent and -not-sent; settle those first"))
	case r.resend:
		return r.sendAgain(ctx, b)
	case len(r.sent)+len(r.notSent) > 0:
		return r.settle(b)
	}
	if *look {
		if err := r.look(ctx, b); err != nil {
			return r.stop(err)
		}
	}
	n, err := r.list(b)
	if err != nil {
		return r.stop(err)
	}
	return r.advise(n)
}

// list shows what needs review and returns how many chunks that are.
func (r *reviewing) list(b *helliobulk.Batch) (n int, err error) {
	out := tabwriter.NewWriter(r.c.out, 0, 0, 2, ' ', 0)
	for chunk, err := range b.Review(r.margin) {
		if err != nil {
			return n, err
		}
		alike := r.alike(&chunk)
		if n++; r.c.json {
			r.c.emit(event{Event: "review", Chunk: &chunk, Campaigns: alike})
			continue
		}
		if n == 1 {
			fmt.Fprintln(out, "chunk\trecipients\tfirst tried\tcalls\tlast answer\tkey\t"+r.heading())
		}
		fmt.Fprintf(out, "%d\t%s\t%s\t%d\t%s\t%s\t%s\n", chunk.Index, thousands(chunk.Recipients), since(chunk.Since), chunk.Tries, lastAnswer(chunk), chunk.Key,
			r.found(alike))
	}
	return n, out.Flush()
}

func (r *reviewing) heading() string {
	if !r.looked {
		return ""
	}
	return "campaigns like it"
}

func (r *reviewing) found(ids []hellio.ID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = id.String()
	}
	if r.looked && len(ids) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

func since(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return fmt.Sprintf("%s, %s ago", t.Format("2006-01-02 15:04 MST"), time.Since(t).Round(time.Minute))
}

func lastAnswer(c helliobulk.ChunkStatus) string {
	switch {
	case c.State == helliobulk.StateReused:
		return "an old one: the batch id was used before"
	case c.Status == 0:
		return "none"
	case c.Status < 300:
		return "could not be read"
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s %s", c.Status, http.StatusText(c.Status), c.Code))
}

// advise tells what to do about n chunks.
func (r *reviewing) advise(n int) error {
	if n == 0 {
		r.c.say("Nothing needs review.\n")
		return nil
	}
	var steps []step
	if !r.looked {
		steps = append(steps, step{"to look for them in the reports, run", r.review() + " -look"})
	}
	steps = append(steps, step{"for chunks that were sent, run", r.review() + " -sent N"},
		step{"for chunks that were not, run", r.review() + " -not-sent N"},
		step{"or, to send them all once more although people may get it twice and it may cost twice, run", r.review() + " -resend"})
	return &stopped{statusReview, fmt.Errorf("%w: %d; look for campaigns of these times and sizes in the reports, the dashboard or the wallet's statement",
		helliobulk.ErrNeedsReview, n), steps}
}

// settle writes down what people found out.
func (r *reviewing) settle(b *helliobulk.Batch) error {
	for _, found := range []struct {
		chunks indexes
		what   helliobulk.Resolution
	}{{r.sent, helliobulk.WasSent}, {r.notSent, helliobulk.WasNotSent}} {
		for _, index := range found.chunks {
			if err := b.Resolve(index, found.what); err != nil {
				return r.stop(fmt.Errorf("chunk %d: %w", index, err))
			}
		}
	}
	r.c.showReport(b)
	report := b.Report()
	return r.stop(report.End(nil))
}

// sendAgain resends, after the batch's id was typed.
func (r *reviewing) sendAgain(ctx context.Context, b *helliobulk.Batch) error {
	n, err := r.list(b)
	if err != nil {
		return r.stop(err)
	}
	if n == 0 {
		return r.advise(0)
	}
	id := b.Manifest().BatchID
	if r.confirm == "" {
		question := fmt.Sprintf("%s will be sent once more. Everybody in them may get it twice, and it may cost twice.\nType the batch's id, %s, to do so: ", some(n, "chunk"), id)
		if r.confirm, err = r.c.ask(ctx, question); err != nil {
			return r.stop(err)
		}
	}
	if r.confirm != id {
		return r.stop(errDeclined)
	}
	client, err := r.c.client()
	if err != nil {
		return r.stop(err)
	}
	return r.send(ctx, b, client, sendFlags{options: helliobulk.Options{Margin: r.margin, ResendUnknown: true}})
}

// indexes are chunks, written as 3,7-9.
type indexes []int

// String writes them one by one.
func (x *indexes) String() string {
	words := make([]string, len(*x))
	for i, n := range *x {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ",")
}

// Set reads them; more than once adds up.
func (x *indexes) Set(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		first, err := strconv.Atoi(from)
		last := first
		if err == nil && isRange {
			last, err = strconv.Atoi(to)
		}
		if err != nil || first < 0 || last < first || last-first > 1_000_000 {
			return fmt.Errorf("%q is not a chunk's number or a span of them, such as 3,7-9", part)
		}
		for n := first; n <= last; n++ {
			*x = append(*x, n)
		}
	}
	return nil
}
