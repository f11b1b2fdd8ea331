package helliobulk

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/hellio-go/hellio"
)

// Run plans a batch and sends it. Where the store exists already it continues
// as Resume does, if params and list are the same.
//
// The promise: at most one accepted charge per chunk, provided that the batch
// is resumed with the same token within the time for which the API remembers
// keys, and that the API stores key and charge together; else it stops and says
// unknown. Accepted is not delivered.
//
// When ctx ends, no further call begins, and those in flight get Options.Grace
// to end. The Report is set whenever the store could be opened, also next to an
// error. Errors match ErrUnfinished (Resume continues), ErrNeedsReview,
// ErrBatchReused, ErrRejected, ErrCannotPay, ErrBatchChanged, ErrOtherAccount,
// ErrNoRecipients, ErrLocked or ErrTorn, or are a *hellio.ParamError.
func Run(
	ctx context.Context, client *hellio.Client, recipients iter.Seq2[Recipient, error], p Params,
) (*Report, error) {
	b, err := openOrPlan(ctx, client, recipients, p)
	if err != nil {
		return nil, err
	}
	return b.sendAndClose(ctx, client, p.Options)
}

// Resume continues a batch as it was planned: chunks that are done or rejected
// stay so, those whose outcome is unknown are sent again with their keys. Its
// results are Run's.
func Resume(ctx context.Context, client *hellio.Client, path string, o Options) (*Report, error) {
	b, err := Open(path)
	if err != nil {
		return nil, err
	}
	return b.sendAndClose(ctx, client, o)
}

func (b *Batch) sendAndClose(
	ctx context.Context, client *hellio.Client, o Options,
) (*Report, error) {
	err := b.Send(ctx, client, o)
	report := b.Report()
	return &report, errors.Join(err, b.Close())
}

// Send is Resume for a batch that is open already.
func (b *Batch) Send(ctx context.Context, client *hellio.Client, o Options) error {
	r, err := b.prepare(ctx, client, o)
	if err != nil {
		return err
	}
	return r.run(ctx)
}

// prepare makes all checks that come before the first intent.
func (b *Batch) prepare(ctx context.Context, client *hellio.Client, o Options) (*runner, error) {
	if client == nil {
		return nil, nilClient()
	}
	o, err := o.check()
	if err != nil {
		return nil, err
	}
	if err := b.adopt(ctx, client, o.AdoptToken); err != nil {
		return nil, err
	}
	r := newRunner(b, client, o)
	_ = r.sender.askTime(ctx) // where the API's time is needed, it is asked for again
	if err := b.checkUnseen(ctx, client, r.sender.clock.now().best, o); err != nil {
		return nil, err
	}
	return r, b.affordable(ctx, client, o)
}

// adopt checks token and base URL, and takes another token if asked to. Keys
// belong to the old one, so no chunk whose outcome is unknown may be sent
// again.
func (b *Batch) adopt(ctx context.Context, client *hellio.Client, takeToken bool) error {
	err := checkAccount(ctx, client, b.manifest.BaseURL, b.manifest.Account)
	if !errors.Is(err, ErrOtherAccount) || !takeToken || client.BaseURL() != b.manifest.BaseURL {
		return err
	}
	fingerprint, err := client.Fingerprint(ctx)
	if err != nil {
		return err
	}
	var changes []change
	for index := range b.manifest.Chunks {
		e, err := b.store.entry(index)
		if err != nil {
			return err
		}
		if e.State == StateUnknown {
			to := e
			to.State = StateNeedsReview
			changes = append(changes, change{index, e, to})
		}
	}
	if err := b.commit(changes); err != nil {
		return err
	}
	b.manifest.Account = fingerprint
	return b.store.writeManifest(&b.manifest)
}

// affordable refuses to begin a batch that cannot be paid. One that has begun
// is stopped by the API itself.
func (b *Batch) affordable(ctx context.Context, client *hellio.Client, o Options) error {
	if o.StartUnpaid || b.Report().Open.Chunks < b.manifest.Chunks {
		return nil
	}
	e, err := b.Estimate(ctx, client)
	if err != nil {
		return fmt.Errorf("%w: no estimate can be made: %w", ErrCannotPay, err)
	}
	if !e.Payable {
		return &PaymentError{*e}
	}
	return nil
}
