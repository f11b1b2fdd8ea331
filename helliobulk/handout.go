package helliobulk

import (
	"context"

	"github.com/google/uuid"

	"github.com/hellio-go/hellio"
)

// handoutPage is how many intents are committed together.
const handoutPage = 100

// HandOut hands open chunks to give, at most so many, in order; 0 means all. The intent of each is on disk before give gets it, so that from
// then on the chunk counts as unknown: whatever becomes of the job, Resume and HandOutAgain know that it may have been sent. Options that
// concern the sending itself (Workers, Grace) mean nothing here; with ResendUnknown and AcceptReplays the chunks that these name are handed
// out as well. It ends with give's first error. The checks before it, and their errors, are those of Send.
func (b *Batch) HandOut(ctx context.Context, client *hellio.Client, o Options, most int, give func(Job) error) (given int, err error) {
	r, err := b.prepare(ctx, client, o)
	if err != nil {
		return 0, err
	}
	var page []change
	for index := range b.manifest.Chunks {
		if most > 0 && given+len(page) == most {
			break
		}
		e, err := b.store.entry(index)
		if err != nil {
			return given, err
		}
		if e.State != StateUnknown && r.wants(&e) {
			to := e.begun(r.clock.now())
			to.Resent, to.Handout = e.Resent || e.State == StateNeedsReview, uuid.NewString()
			page = append(page, change{index, e, to})
		}
		if len(page) == handoutPage {
			n, err := b.giveAll(page, r.opts, give)
			if given += n; err != nil {
				return given, err
			}
			page = page[:0]
		}
	}
	n, err := b.giveAll(page, r.opts, give)
	return given + n, err
}

func (b *Batch) giveAll(page []change, o Options, give func(Job) error) (given int, err error) {
	if len(page) == 0 {
		return 0, nil
	}
	if err := b.commit(page); err != nil {
		return 0, err
	}
	for _, c := range page {
		job, err := b.job(c.index, c.to, o)
		if err == nil {
			job.InDoubt = c.from.State == StateNeedsReview
			err = give(*job)
		}
		if err != nil {
			return given, err
		}
		given++
	}
	return given, nil
}

// HandOutAgain hands the chunks that are unknown to give, with the intents that they have: for a queue that may have lost them. It looks at
// no clock: who sends them asks Courier.Expired. It ends with give's first error; another token or address is ErrOtherAccount, as in Send.
func (b *Batch) HandOutAgain(ctx context.Context, client *hellio.Client, o Options, give func(Job) error) error {
	if client == nil {
		return nilClient()
	}
	o, err := o.check()
	if err != nil {
		return err
	}
	if err := b.adopt(ctx, client, o.AdoptToken); err != nil {
		return err
	}
	for index := range b.manifest.Chunks {
		e, err := b.store.entry(index)
		if err != nil {
			return err
		}
		if e.State != StateUnknown {
			continue
		}
		if e.Handout == "" { // in doubt since a run on this machine
			to := e
			to.Handout = uuid.NewString()
			if err := b.commit([]change{{index, e, to}}); err != nil {
				return err
			}
			e = to
		}
		job, err := b.job(index, e, o)
		if err != nil {
			return err
		}
		job.InDoubt = true
		if err := give(*job); err != nil {
			return err
		}
	}
	return nil
}

func (b *Batch) job(index int, e entry, o Options) (*Job, error) {
	chunk, err := b.store.chunk(&b.manifest, index)
	if err != nil {
		return nil, err
	}
	return &Job{Chunk: *chunk, Margin: o.Margin, AcceptReplays: o.AcceptReplays, Record: Record{index, e}}, nil
}

// Settle commits what became of jobs, all in one transaction. Records that tell nothing new are left out: of another hand-out than the
// chunk's last, of a chunk that is settled already, or still unknown. So it does no harm to settle twice, or late.
func (b *Batch) Settle(records ...Record) error {
	var changes []change
	seen := map[int]bool{}
	for _, r := range records {
		if r.index < 0 || r.index >= b.manifest.Chunks || seen[r.index] {
			continue
		}
		seen[r.index] = true
		e, err := b.store.entry(r.index)
		if err != nil {
			return err
		}
		if to, news := e.settled(r); news {
			changes = append(changes, change{r.index, e, to})
		}
	}
	if len(changes) == 0 {
		return nil
	}
	return b.commit(changes)
}

// settled is the entry after a record has come back.
func (e entry) settled(r Record) (entry, bool) {
	if e.Handout == "" {
		return e, false
	}
	waits := e.State == StateUnknown || e.State == StateNeedsReview && r.entry.State != StateNeedsReview
	if !waits || e.Handout != r.entry.Handout || r.entry.State == StateUnknown {
		return e, false
	}
	to := r.entry
	to.Recipients, to.Resent = e.Recipients, e.Resent
	return to, true
}
