package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"syscall"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliobulk/fleet"
	"github.com/hellio-go/hellio/helliobulk/internal/list"
)

// repeats says whether what a command advises can send to a recipient again.
type repeats string

const (
	never   repeats = "never"   // whatever was sent before, no step reaches a recipient twice
	saidSo  repeats = "said so" // a step can, and its text says so, with the number
	noSteps repeats = "no steps"
)

// advice is a row of the table that says, for each cause, how the command ends.
type advice struct {
	name    string
	matches func(failure) bool
	status  int
	repeats repeats
	steps   func(*place, failure) []step
}

// failure is an error, taken apart once.
type failure struct {
	err     error
	http    int    // status of the API's answer; 0: none
	code    string // of that answer
	payment *helliobulk.PaymentError
	account *helliobulk.OtherAccountError
	changed *helliobulk.ChangedError
	unseen  *helliobulk.MaybeSentError
	nobody  *unconfirmed
	list    *list.Error
}

func failureOf(err error) failure {
	f := failure{err: err}
	var api *hellio.APIError
	var halt *fleet.Stopped
	switch {
	case errors.As(err, &api):
		f.http = api.Status
		f.code = api.Code
	case errors.As(err, &halt):
		f.http = halt.Status
		f.code = halt.Code
	}
	errors.As(err, &f.payment)
	errors.As(err, &f.account)
	errors.As(err, &f.changed)
	errors.As(err, &f.unseen)
	errors.As(err, &f.nobody)
	errors.As(err, &f.list)
	return f
}

func (f failure) is(target error) bool { return errors.Is(f.err, target) }

// misuse reports whether the command was called wrongly.
func (f failure) misuse() bool {
	var usage *usageError
	var param *hellio.ParamError
	return errors.As(f.err, &usage) || errors.As(f.err, &param)
}

// fullDisk reports whether a file could not grow.
func (f failure) fullDisk() bool {
	for _, full := range []syscall.Errno{syscall.ENOSPC, syscall.EFBIG, syscall.EDQUOT} {
		if f.is(full) || f.err != nil && strings.Contains(f.err.Error(), full.Error()) {
			return true
		}
	}
	return false
}

// noAnswer reports whether the API did not answer, or is too busy to.
func (f failure) noAnswer() bool {
	var lost *hellio.ConnectionError
	return f.is(helliobulk.ErrNoAnswer) || errors.As(f.err, &lost) ||
		f.http == http.StatusTooManyRequests || f.http >= 500
}

// is returns a matcher of sentinels.
func is(targets ...error) func(failure) bool {
	return func(f failure) bool {
		for _, target := range targets {
			if f.is(target) {
				return true
			}
		}
		return false
	}
}

// advices is the table. Of several causes of one end, the first row counts that
// must be settled first. The steps of "needs review" and "rejected" follow
// those of every row above them that also has such chunks.
func advices() []advice {
	return []advice{
		{"misuse", failure.misuse, statusUsage, never, adviseFlags},
		{"maybe sent", is(helliobulk.ErrMaybeSent), statusReview, saidSo, adviseLook},
		{"not confirmed", failure.unconfirmed, statusNobody, saidSo, adviseConfirm},
		{"locked", is(helliobulk.ErrLocked), statusLocked, never,
			then("wait until the other process has ended, then run", (*place).again)},
		{"excepted store", is(helliobulk.ErrExcept), statusStore, never,
			then("name stores of the same account with -except, then run", (*place).again)},
		{"no token", is(errNoToken), statusAccount, never,
			then("set HELLIO_API_TOKEN, then run", (*place).onwards)},
		{"another base URL", failure.otherURL, statusAccount, never, adviseURL},
		{"another token", is(helliobulk.ErrOtherAccount), statusAccount, never, adviseOtherToken},
		{"401", failure.unauthorized, statusAccount, never, adviseNewToken},
		{"spend limit", failure.spendLimit, statusUnpaid, never,
			then("raise the account's spend limit, or wait until its period is over, then run",
				(*place).onwards)},
		{"403", failure.forbidden, statusAccount, never,
			then("give the token or the account the right that it lacks, then run",
				(*place).onwards)},
		{"no price", failure.unpriced, statusUnpaid, never, adviseUnpriced},
		{"balance", failure.unpaid, statusUnpaid, never, adviseTopUp},
		{"declined", is(errDeclined), statusDeclined, never,
			then("to send it after all, run", (*place).onwards)},
		{"no terminal", is(errNobody), statusNobody, never, adviseYes},
		{"list", failure.badList, statusList, never,
			then("correct the list, or say where its columns are, then run", (*place).again)},
		{"changed batch", is(helliobulk.ErrBatchChanged), statusBatch, never, adviseStored},
		{"reused keys", is(helliobulk.ErrBatchReused), statusBatch, never, adviseReplays},
		{"no store", is(helliobulk.ErrNoBatch), statusStore, never, adviseName},
		{"torn store", is(helliobulk.ErrTorn), statusStore, never, adviseCopy},
		{"Redis", is(fleet.ErrRedis), statusRedis, never,
			then("see that Redis runs and takes writes, and that HELLIO_REDIS_URL names it, then run",
				(*place).again)},
		{"refused alike", is(helliobulk.ErrRefusedAlike), statusUnfinished, never,
			then("find out why the API refuses them (it is not in the numbers); to continue with "+
				"the chunks that are open, run", (*place).onwards)},
		{"full disk, while sending", failure.fullWhileSending, statusUnfinished, never,
			then("make room on the disk, then run", (*place).onwards)},
		{"full disk", failure.fullDisk, statusFailed, never,
			then("make room on the disk, then run", (*place).onwards)},
		{"no answer", failure.noAnswer, statusUnfinished, never,
			then("once the API answers, run", (*place).onwards)},
		{"unfinished", is(helliobulk.ErrUnfinished, context.Canceled), statusUnfinished, never,
			then("to continue, run", (*place).onwards)},
		{"no estimate", is(helliobulk.ErrCannotPay), statusUnfinished, never, adviseNoEstimate},
		{"needs review", is(helliobulk.ErrNeedsReview), statusReview, never, adviseReview},
		{"rejected", is(helliobulk.ErrRejected), statusRejected, never, adviseRejected},
		{"done", func(f failure) bool { return f.err == nil }, statusDone, noSteps, nil},
		{"anything else", func(failure) bool { return true }, statusFailed, never,
			then("when that is fixed, run", (*place).again)},
	}
}

func (f failure) unconfirmed() bool { return f.nobody != nil }

func (f failure) otherURL() bool { return f.account != nil && f.account.Field == "base URL" }

func (f failure) unauthorized() bool { return f.http == http.StatusUnauthorized }

func (f failure) forbidden() bool { return f.http == http.StatusForbidden }

func (f failure) spendLimit() bool { return f.code == hellio.CodeSpendLimitExceeded }

func (f failure) unpriced() bool { return f.payment != nil && f.payment.Estimate.Unpriced > 0 }

func (f failure) unpaid() bool {
	return f.payment != nil || f.http == http.StatusPaymentRequired
}

func (f failure) badList() bool { return f.list != nil || f.is(helliobulk.ErrNoRecipients) }

func (f failure) fullWhileSending() bool {
	return f.fullDisk() && f.is(helliobulk.ErrUnfinished)
}

// advice returns the row for a failure.
func (f failure) advice() advice {
	for _, a := range advices() {
		if a.matches(f) {
			return a
		}
	}
	panic("the last row matches everything")
}
