package helliobulk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hellio-go/hellio"
)

const (
	listPage   = 200                // entries of a page of reports, the most (documented)
	clockSlack = time.Hour          // by which this machine's clock may differ from the API's
	lookBack   = 7 * 24 * time.Hour // how far back a batch that was planned again is looked for
)

// MaybeSentError says that the API has campaigns that may be those of open
// chunks: the store may be an old copy. It matches ErrMaybeSent.
type MaybeSentError struct {
	Age       time.Duration // of the plan
	Campaigns int           // that may be open chunks', and that the store does not know
	Open      Count         // what would be sent
	Err       error         // why the API could not be asked; nil: it was
}

// Error returns what was found.
func (e *MaybeSentError) Error() string {
	age := strings.TrimSuffix(e.Age.Round(time.Hour).String(), "0m0s")
	what := fmt.Sprintf("the API lists %d campaigns of its sender and size that this store "+
		"does not know", e.Campaigns)
	if e.Err != nil {
		what = fmt.Sprintf("the API cannot be asked what was sent since then: %v", e.Err)
	}
	return fmt.Sprintf("%v: planned %s ago, and %s; this call sent nothing", ErrMaybeSent, age,
		what)
}

// Is matches ErrMaybeSent.
func (e *MaybeSentError) Is(target error) bool { return target == ErrMaybeSent }

// Unwrap returns why the API could not be asked.
func (e *MaybeSentError) Unwrap() error { return e.Err }

// checkUnseen looks for campaigns that may be those of open chunks, before the
// first call. A plan that is younger than the margin needs no look: the API
// still knows the keys of what was sent since then. With AcceptReplays the
// batch may have been planned again, so campaigns older than the margin count.
func (b *Batch) checkUnseen(
	ctx context.Context, client *hellio.Client, now time.Time, o Options,
) error {
	open := b.Report().Open
	age := now.Sub(b.manifest.Created)
	if o.SendUnseen || open.Chunks == 0 || age <= o.Margin && !o.AcceptReplays {
		return nil
	}
	since := b.manifest.Created.Add(-clockSlack)
	until := now.Add(clockSlack)
	if earlier := now.Add(-lookBack); o.AcceptReplays && earlier.Before(since) {
		since = earlier
	}
	if age <= o.Margin {
		until = now.Add(-o.Margin)
	}
	n, err := b.countUnseen(ctx, client, since, until)
	if n == 0 && err == nil {
		return nil
	}
	return &MaybeSentError{
		Age:       age,
		Campaigns: n,
		Open:      open,
		Err:       err,
	}
}

// countUnseen counts campaigns of a time that may be open chunks': of the
// batch's sender and text, of an open chunk's size, and not known to the
// journal. A chunk that a fleet has in its hands, or that was resolved by hand,
// explains one of its size.
func (b *Batch) countUnseen(
	ctx context.Context, client *hellio.Client, since, until time.Time,
) (n int, err error) {
	open := map[int]bool{}
	explained := map[int]int{}
	known := map[hellio.ID]bool{}
	for index := range b.manifest.Chunks {
		e, err := b.store.entry(index)
		if err != nil {
			return 0, err
		}
		switch {
		case e.Campaign != "":
			known[e.Campaign] = true
		case e.State == StateOpen:
			open[e.Recipients] = true
		case e.ByHand, e.State == StateUnknown && e.Dispatch != "":
			explained[e.Recipients]++
		}
	}
	text, err := parseTemplate(b.manifest.Message)
	if err != nil {
		return 0, err
	}
	params := &hellio.CampaignListParams{PerPage: listPage}
	for c, err := range client.Reports.Campaigns(ctx, params) {
		if err != nil {
			return n, err
		}
		made := c.CreatedAt.Time
		size := c.TotalRecipients
		switch {
		case made.Before(since):
			return n, nil
		case made.After(until), known[c.ID], !open[size], c.Sender != b.manifest.Sender,
			!text.mayMake(c.Message):
		case explained[size] > 0:
			explained[size]--
		default:
			n++
		}
	}
	return n, nil
}

// mayMake reports whether a text may be one of the template's. An empty one may
// be any: the API does not promise to report it.
func (t *template) mayMake(text string) bool {
	if text == "" {
		return true
	}
	if !t.personal() {
		return text == t.pieces[0]
	}
	last := t.pieces[len(t.pieces)-1]
	return strings.HasPrefix(text, t.pieces[0]) && strings.HasSuffix(text, last)
}
