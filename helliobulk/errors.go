package helliobulk

import (
	"errors"
	"fmt"
)

// The ways in which a batch cannot begin or cannot be finished; ask with
// errors.Is. Each error that matches one says in its text what to do.
var (
	// ErrNoBatch: there is no store at that path.
	ErrNoBatch = errors.New("helliobulk: there is no batch at this path")
	// ErrLocked: another process, or another call of this one, holds the store.
	// This call sent nothing.
	ErrLocked = errors.New("helliobulk: the batch is in use by another process")
	// ErrTorn: the store is damaged. This call sent nothing; earlier ones may
	// have.
	ErrTorn = errors.New("helliobulk: the store is damaged")
	// ErrNoRecipients: the list is empty, or has no valid number. Nothing was
	// sent.
	ErrNoRecipients = errors.New("helliobulk: there is no recipient to send to")
	// ErrBatchChanged: the store holds a batch with another id, text, sender,
	// region or list. It comes as a *ChangedError. This call sent nothing.
	ErrBatchChanged = errors.New("helliobulk: the batch is not the one that was planned")
	// ErrExcept: a batch in Params.Except cannot be used. Nothing was planned.
	ErrExcept = errors.New("helliobulk: a batch whose recipients are left out cannot be used")
	// ErrOtherAccount: the client has another token or base URL than the batch.
	// Keys belong to a token: under another one a message could be sent twice.
	// It comes as an *OtherAccountError.
	ErrOtherAccount = errors.New("helliobulk: the client is not that of the batch")
	// ErrCannotPay: the balance does not cover the estimate, or no estimate can
	// be made. It comes as a *PaymentError. Nothing was sent.
	ErrCannotPay = errors.New("helliobulk: the batch cannot be paid")
	// ErrUnfinished: the batch was stopped; the error wraps the reason. Resume
	// continues.
	ErrUnfinished = errors.New("helliobulk: the batch is not finished")
	// ErrNoAnswer: calls in a row got no answer, so the run ended. It comes
	// with ErrUnfinished.
	ErrNoAnswer = errors.New("helliobulk: the API does not answer")
	// ErrRefusedAlike: different chunks in a row were refused with one code, so
	// the run ended. It comes with ErrUnfinished.
	ErrRefusedAlike = errors.New("helliobulk: chunks in a row were refused alike")
	// ErrRejected: the API refused some chunks and sent nothing of them. All
	// others are finished. Options.RetryRejected sends them again.
	ErrRejected = errors.New("helliobulk: the API rejected chunks")
	// ErrNeedsReview: some chunks may or may not have been sent, and their keys
	// cannot show it. All others are finished.
	ErrNeedsReview = errors.New("helliobulk: chunks need review")
	// ErrMaybeSent: the API has campaigns that may be those of open chunks, or
	// cannot be asked: the store may be an old copy. It comes as a
	// *MaybeSentError. This call sent nothing.
	ErrMaybeSent = errors.New("helliobulk: chunks may have been sent by another copy of the store")
	// ErrBatchReused: the API knew the key of a chunk that was never tried, so
	// it sent nothing: the batch id was used before, or the store is an old
	// copy.
	ErrBatchReused = errors.New("helliobulk: the API knows keys that this store never used")
)

// OtherAccountError says in what client and batch differ. It matches
// ErrOtherAccount.
type OtherAccountError struct {
	Field string // "base URL" or "token"
	Given string // the client's; of a token its fingerprint
	Want  string // the batch's
}

// Error returns what the client has and what the batch wants.
func (e *OtherAccountError) Error() string {
	return fmt.Sprintf("%v: %s: got %s, want %s", ErrOtherAccount, e.Field, e.Given, e.Want)
}

// Is matches ErrOtherAccount.
func (e *OtherAccountError) Is(target error) bool { return target == ErrOtherAccount }

// ChangedError says in what a stored batch differs from the one that is asked
// for. It matches ErrBatchChanged.
type ChangedError struct {
	Field    string   // "batch id", "text, sender, gateway or region", or "list"
	Manifest Manifest // of the stored batch
}

// Error returns what differs.
func (e *ChangedError) Error() string {
	return fmt.Sprintf("%v: the store holds batch %s with another %s",
		ErrBatchChanged, e.Manifest.BatchID, e.Field)
}

// Is matches ErrBatchChanged.
func (e *ChangedError) Is(target error) bool { return target == ErrBatchChanged }

// PaymentError is an estimate that the balance does not cover. It matches
// ErrCannotPay.
type PaymentError struct{ Estimate Estimate }

// Error returns the cost and the balance.
func (e *PaymentError) Error() string {
	s := e.Estimate
	if s.Unpriced > 0 {
		return fmt.Sprintf("%v: the API lists no price for %d of %d recipients; nothing was sent",
			ErrCannotPay, s.Unpriced, s.Recipients)
	}
	return fmt.Sprintf("%v: it may cost up to %s %s, and %s are available; nothing was sent",
		ErrCannotPay, s.High, s.Currency, s.Available)
}

// Is matches ErrCannotPay.
func (e *PaymentError) Is(target error) bool { return target == ErrCannotPay }

func reused(chunks int) error {
	return fmt.Errorf("%w: it returned stored answers and sent nothing; chunks: %d",
		ErrBatchReused, chunks)
}

// End returns the error that a run which ends now returns: nil if every chunk
// is done. cause is what ended it early, nil for nothing. The local runner, a
// fleet and the command share this summary.
func (r *Report) End(cause error) error {
	var errs []error
	add := func(n int, err error) {
		if n > 0 {
			errs = append(errs, fmt.Errorf("%w: %d of %d chunks", err, n, r.Chunks))
		}
	}
	if cause != nil {
		errs = append(errs, fmt.Errorf("%w: %w", ErrUnfinished, cause))
	} else {
		add(r.Open.Chunks+r.Unknown.Chunks, ErrUnfinished)
	}
	add(r.NeedsReview.Chunks, ErrNeedsReview)
	if n := r.Reused.Chunks; n > 0 && !errors.Is(cause, ErrBatchReused) {
		errs = append(errs, reused(n))
	}
	add(r.Rejected.Chunks, ErrRejected)
	return errors.Join(errs...)
}
