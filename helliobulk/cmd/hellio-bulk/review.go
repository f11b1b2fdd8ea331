package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/hellio-go/hellio/helliobulk"
)

// reviewing is the command review.
type reviewing struct {
	*place
	margin        time.Duration
	sent, notSent indexes
	resend        bool
	confirm       string
	looked        *helliobulk.Looked
}

func runReview(ctx context.Context, c *console, args []string) error {
	r := &reviewing{place: newStored(c, "review")}
	look := r.flags.Bool("look", false, "ask the API's list of messages for the recipients")
	r.flags.Var(&r.sent, "sent", "`chunks` that were sent, such as 3,7-9: they are done")
	r.flags.Var(&r.notSent, "not-sent", "`chunks` that were not sent: resume sends them")
	r.flags.BoolVar(&r.resend, "resend", false,
		"send all that need review again: people may get it twice, and it may cost twice")
	r.flags.StringVar(&r.confirm, "confirm", "", "the batch's `id`, with -resend without a terminal")
	addMargin(r.flags, &r.margin)
	addJSON(r.flags, &c.json)
	b, err := r.open(args)
	if err != nil {
		return r.stop(err)
	}
	defer b.Close()
	switch {
	case r.resend && len(r.sent)+len(r.notSent) > 0:
		return r.stop(misused("-resend excludes -sent and -not-sent; resolve those first"))
	case r.resend:
		return r.sendAgain(ctx, b)
	case len(r.sent)+len(r.notSent) > 0:
		return r.resolve(b)
	}
	chunks, err := r.chunks(b, *look)
	if err != nil {
		return r.stop(err)
	}
	if *look && len(chunks) > 0 {
		if err := r.look(ctx, b, chunks); err != nil {
			return r.stop(err)
		}
	}
	if err := r.print(chunks); err != nil {
		return r.stop(err)
	}
	return r.advise(b, chunks)
}

// chunks returns the chunks in review. A look takes in those that are open or
// of unknown outcome as well: in an old copy of a store they may have been
// sent.
func (r *reviewing) chunks(b *helliobulk.Batch, look bool) ([]helliobulk.ChunkStatus, error) {
	var chunks []helliobulk.ChunkStatus
	all := b.Review(r.margin)
	if look {
		all = b.Chunks()
	}
	for chunk, err := range all {
		if err != nil {
			return nil, err
		}
		switch chunk.State {
		case helliobulk.StateDone, helliobulk.StateRejected, helliobulk.StatePassedOn:
			continue
		}
		chunks = append(chunks, chunk)
	}
	return chunks, nil
}

// look asks the API for messages to the chunks' recipients.
func (r *reviewing) look(
	ctx context.Context, b *helliobulk.Batch, chunks []helliobulk.ChunkStatus,
) error {
	client, err := r.c.client()
	if err != nil {
		return err
	}
	var list []int
	for _, chunk := range chunks {
		list = append(list, chunk.Index)
	}
	r.looked, err = b.Look(ctx, client, list)
	return err
}

// print shows the chunks.
func (r *reviewing) print(chunks []helliobulk.ChunkStatus) error {
	out := tabwriter.NewWriter(r.c.out, 0, 0, 2, ' ', 0)
	for i, chunk := range chunks {
		sighting := r.sighting(i)
		if r.c.json {
			r.c.emit(event{Event: "review", Chunk: &chunk, Sighting: sighting})
			continue
		}
		if i == 0 {
			fmt.Fprintln(out, "chunk\trecipients\tstate\tfirst tried\tcalls\tlast answer\tlisted")
		}
		listed := "not looked for"
		if sighting != nil {
			listed = fmt.Sprintf("%s of %s", thousands(sighting.Listed),
				thousands(chunk.Recipients))
		}
		fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%d\t%s\t%s\n", chunk.Index, thousands(chunk.Recipients),
			chunk.State, since(chunk.Since), chunk.Tries, lastAnswer(chunk), listed)
	}
	return out.Flush()
}

// sighting returns what the API lists of the i-th chunk; nil without a look.
func (r *reviewing) sighting(i int) *helliobulk.Sighting {
	if r.looked == nil {
		return nil
	}
	return &r.looked.Sightings[i]
}

func since(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return fmt.Sprintf("%s ago", time.Since(t).Round(time.Minute))
}

func lastAnswer(c helliobulk.ChunkStatus) string {
	switch {
	case c.State == helliobulk.StateReused:
		return "a stored one"
	case c.Status == 0:
		return "none"
	case c.Status < 300:
		return "could not be read"
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s %s", c.Status, http.StatusText(c.Status), c.Code))
}

// advise says what to do about the chunks.
func (r *reviewing) advise(b *helliobulk.Batch, chunks []helliobulk.ChunkStatus) error {
	var sent, notSent, undecided indexes
	recipients := 0
	for i, chunk := range chunks {
		switch sighting := r.sighting(i); {
		case sighting != nil && sighting.Listed > 0:
			sent = append(sent, chunk.Index)
		case chunk.State == helliobulk.StateOpen:
		case sighting != nil && r.looked.Sure:
			notSent = append(notSent, chunk.Index)
		default:
			undecided = append(undecided, chunk.Index)
			if chunk.State != helliobulk.StateReused { // whose key can send nothing
				recipients += chunk.Recipients
			}
		}
	}
	if len(sent)+len(notSent)+len(undecided) == 0 {
		r.c.say("Nothing needs review.\n")
		report := b.Report()
		return r.stop(report.End(nil))
	}
	var steps []step
	add := func(do string, words ...string) {
		steps = append(steps, step{do, r.onStore(append([]string{"review"}, words...)...)})
	}
	if len(sent) > 0 {
		add("the API lists messages to recipients of these chunks; to mark them as sent, run",
			"-sent", sent.String())
	}
	if len(notSent) > 0 {
		add("the API lists no message to recipients of these chunks; to mark them as not sent, run",
			"-not-sent", notSent.String())
	}
	if len(undecided) > 0 && r.looked == nil {
		add("to ask the API's list of messages, run", "-look")
	}
	if len(undecided) > 0 && r.looked != nil {
		steps = append(steps, step{Do: "the API's list does not show whether chunks " +
			undecided.String() + " were sent; look for them in the dashboard or the wallet's " +
			"statement, then resolve them with -sent or -not-sent"})
	}
	if recipients > 0 && r.looked != nil {
		add("or send them again, although "+some(recipients, "recipient")+
			" may get the message twice and it may cost twice: run",
			"-resend", "-confirm", b.Manifest().BatchID)
	}
	n := len(sent) + len(notSent) + len(undecided)
	err := fmt.Errorf("%w: %d", helliobulk.ErrNeedsReview, n)
	return &stopped{status: statusReview, cause: err, next: steps}
}

// resolve writes down what people found out.
func (r *reviewing) resolve(b *helliobulk.Batch) error {
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
	chunks, err := r.chunks(b, false)
	if err != nil {
		return r.stop(err)
	}
	if err := r.print(chunks); err != nil {
		return r.stop(err)
	}
	if len(chunks) == 0 {
		return r.advise(b, nil)
	}
	recipients := 0
	for _, chunk := range chunks {
		recipients += chunk.Recipients
	}
	question := fmt.Sprintf("%s will be sent again. %s may get the message twice, and it may "+
		"cost twice.", some(len(chunks), "chunk"), some(recipients, "recipient"))
	err = r.c.confirm(ctx, question, recipients, b.Manifest().BatchID, r.confirm)
	if err != nil {
		return r.stop(err)
	}
	client, err := r.c.client()
	if err != nil {
		return r.stop(err)
	}
	options := helliobulk.Options{Margin: r.margin, ResendUnknown: true}
	return r.send(ctx, b, client, sendFlags{options: options})
}

// unconfirmed is an end without a terminal to type a batch's id at.
type unconfirmed struct {
	id         string
	recipients int // who may get a message twice
}

func (e *unconfirmed) Error() string {
	return "there is no terminal at which to type the batch's id; nothing was sent"
}

// confirm lets the user type a batch's id. typed is what a flag says already.
func (c *console) confirm(
	ctx context.Context, question string, recipients int, id, typed string,
) (err error) {
	if typed == "" {
		question += "\nType the batch's id, " + id + ", to do so: "
		typed, err = c.ask(ctx, question)
		if errors.Is(err, errNobody) {
			return &unconfirmed{id: id, recipients: recipients}
		}
		if err != nil {
			return err
		}
	}
	if typed != id {
		return errDeclined
	}
	return nil
}

// indexes are chunks, written as 3,7-9.
type indexes []int

// String writes them, neighbours as a span.
func (x *indexes) String() string {
	var words []string
	list := *x
	for i := 0; i < len(list); {
		last := i
		for last+1 < len(list) && list[last+1] == list[last]+1 {
			last++
		}
		word := strconv.Itoa(list[i])
		if last > i {
			word += "-" + strconv.Itoa(list[last])
		}
		words = append(words, word)
		i = last + 1
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
			return fmt.Errorf("%q is not a chunk or a span of them, such as 3,7-9", part)
		}
		for n := first; n <= last; n++ {
			*x = append(*x, n)
		}
	}
	return nil
}
