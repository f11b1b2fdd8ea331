package helliobulk

import (
	"context"

	"github.com/google/uuid"

	"github.com/hellio-go/hellio"
)

// dispatchPage is how many intents are committed together.
const dispatchPage = 100

// Dispatch passes open chunks to take, at most so many, in order; 0 means all.
// The intent of each is on disk before take is called, so that from then on the
// chunk counts as unknown: whatever becomes of the job, Resume and
// DispatchAgain know that it may have been sent. With RetryRejected,
// ResendUnknown and AcceptReplays the chunks that these name are dispatched as
// well; options that concern the sending itself (Workers, Grace) mean nothing
// here. It ends with the first error of take. The checks before it, and their
// errors, are those of Send.
func (b *Batch) Dispatch(
	ctx context.Context, client *hellio.Client, o Options, most int, take func(Job) error,
) (given int, err error) {
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
			to := e.begun(r.sender.clock.now())
			to.Resent = to.Resent || e.State == StateNeedsReview
			to.Dispatch = uuid.NewString()
			page = append(page, change{index, e, to})
		}
		if len(page) == dispatchPage {
			n, err := b.dispatchAll(page, r.opts, take)
			if given += n; err != nil {
				return given, err
			}
			page = page[:0]
		}
	}
	n, err := b.dispatchAll(page, r.opts, take)
	return given + n, err
}

func (b *Batch) dispatchAll(page []change, o Options, take func(Job) error) (given int, err error) {
	if len(page) == 0 {
		return 0, nil
	}
	if err := b.commit(page); err != nil {
		return 0, err
	}
	for _, c := range page {
		job, err := b.job(c.index, c.to, o)
		if err == nil {
			job.Resumed = c.from.State == StateNeedsReview
			err = take(*job)
		}
		if err != nil {
			return given, err
		}
		given++
	}
	return given, nil
}

// DispatchAgain passes the chunks that are unknown to take, with the intents
// that they have: for a queue that may have lost them. It looks at no clock:
// their sender asks JobSender.Expired. It ends with the first error of take;
// another token or base URL is ErrOtherAccount, as in Send.
func (b *Batch) DispatchAgain(
	ctx context.Context, client *hellio.Client, o Options, take func(Job) error,
) error {
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
		if e.Dispatch == "" { // unknown since a run on this machine
			to := e
			to.Dispatch = uuid.NewString()
			if err := b.commit([]change{{index, e, to}}); err != nil {
				return err
			}
			e = to
		}
		job, err := b.job(index, e, o)
		if err != nil {
			return err
		}
		job.Resumed = true
		if err := take(*job); err != nil {
			return err
		}
	}
	return nil
}

// job returns the job of a chunk.
func (b *Batch) job(index int, e entry, o Options) (*Job, error) {
	chunk, err := b.store.chunk(&b.manifest, index)
	if err != nil {
		return nil, err
	}
	return &Job{
		Chunk:         *chunk,
		Margin:        o.Margin,
		Window:        o.Window,
		AcceptReplays: o.AcceptReplays,
		Record:        Record{index: index, entry: e},
	}, nil
}

// Settle commits what became of jobs, all in one transaction. Records that
// bring nothing new are left out: of another dispatch than the chunk's last, of
// a chunk that is settled already, or still unknown. So it does no harm to
// settle twice, or late.
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

// settled returns the entry after a record has come back.
func (e entry) settled(r Record) (to entry, news bool) {
	if e.Dispatch == "" {
		return e, false
	}
	waits := e.State == StateUnknown ||
		e.State == StateNeedsReview && r.entry.State != StateNeedsReview
	if !waits || e.Dispatch != r.entry.Dispatch || r.entry.State == StateUnknown {
		return e, false
	}
	to = r.entry
	to.Recipients = e.Recipients
	to.Resent = e.Resent
	return to, true
}
