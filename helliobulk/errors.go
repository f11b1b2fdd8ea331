package helliobulk

import (
	"errors"
	"fmt"
)

// The ways in which a batch can't begin or can't be finished; ask with errors.Is. Each error that matches one says in its text what to do.
var (
	// ErrNoBatch: there is no store at that path.
	ErrNoBatch = errors.New("helliobulk: there is no batch at this path")
	// ErrLocked: another process, or another call of this one, holds the store. Nothing was sent.
	ErrLocked = errors.New("helliobulk: the batch is being worked on by another process")
	// ErrTorn: the store is damaged. Nothing was sent.
	ErrTorn = errors.New("helliobulk: the store is damaged")
	// ErrNoRecipients: the list is empty, or none of its numbers is valid. Nothing was sent.
	ErrNoRecipients = errors.New("helliobulk: there is nobody to send to")
	// ErrBatchChanged: the store holds a batch with another id, text, sender, region or list. Nothing was sent.
	ErrBatchChanged = errors.New("helliobulk: the batch is not the one that was planned")
	// ErrOtherAccount: the client has another token or base URL than the batch. Keys belong to a token: under another one a message could
	// go out twice.
	ErrOtherAccount = errors.New("helliobulk: the client has another token or base URL than the batch")
	// ErrCannotPay: the balance does not cover the estimate, or no estimate can be made. It comes as a *PaymentError. Nothing was sent.
	ErrCannotPay = errors.New("helliobulk: the batch can't be paid")
	// ErrUnfinished: the batch was stopped; it wraps the reason. Resume goes on.
	ErrUnfinished = errors.New("helliobulk: the batch is not finished")
	// ErrNeedsReview: of some chunks nobody knows whether they were sent, and their keys may be forgotten. All others were seen to.
	ErrNeedsReview = errors.New("helliobulk: chunks need review")
	// ErrBatchReused: the API knew the key of a chunk that was never tried, so it sent nothing: the batch id was used before.
	ErrBatchReused = errors.New("helliobulk: the batch id was used before")
)

// PaymentError is an estimate that the balance does not cover. It matches ErrCannotPay.
type PaymentError struct{ Estimate Estimate }

// Error tells the cost and what is there.
func (e *PaymentError) Error() string {
	s := e.Estimate
	if s.Unpriced > 0 {
		return fmt.Sprintf("%v: for %d of %d recipients the API lists no price; nothing was sent; top up and resume, or tell it to start unpaid",
			ErrCannotPay, s.Unpriced, s.Recipients)
	}
	return fmt.Sprintf("%v: it may cost up to %s %s, available are %s; nothing was sent; top up and resume, or tell it to start unpaid",
		ErrCannotPay, s.High, s.Currency, s.Available)
}

// Is matches ErrCannotPay.
func (e *PaymentError) Is(target error) bool { return target == ErrCannotPay }
