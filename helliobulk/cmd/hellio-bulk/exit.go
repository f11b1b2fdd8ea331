package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"strings"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliobulk/fleet"
	"github.com/hellio-go/hellio/helliobulk/internal/list"
)

// Exit statuses. A second Ctrl-C ends the program by the signal itself, which shells tell as 130.
const (
	statusDone       = 0
	statusFailed     = 1
	statusUsage      = 2
	statusUnfinished = 3
	statusReview     = 4
	statusUnpaid     = 5
	statusAccount    = 6
	statusDeclined   = 7
	statusNobody     = 8
	statusList       = 9
	statusBatch      = 10
	statusLocked     = 11
	statusStore      = 12
	statusRedis      = 13
)

type meaning struct {
	status  int
	meaning string
}

func statuses() []meaning {
	return []meaning{
		{statusDone, "all is done"},
		{statusFailed, "failed otherwise, such as a file that can't be written"},
		{statusUsage, "a flag or an argument is wrong"},
		{statusUnfinished, "stopped before its end; resume goes on"},
		{statusReview, "of some chunks nobody knows whether they were sent: review"},
		{statusUnpaid, "the balance does not cover it"},
		{statusAccount, "no token, a token that is refused or lacks a right, or another account's"},
		{statusDeclined, "declined when asked; nothing was sent"},
		{statusNobody, "there is no terminal to ask at, and no -yes; nothing was sent"},
		{statusList, "the list can't be used, or there is nobody in it"},
		{statusBatch, "the store holds another batch, or the batch id was used before"},
		{statusLocked, "another process works on the batch"},
		{statusStore, "there is no store, or it is damaged"},
		{statusRedis, "Redis does not answer, or refuses"},
	}
}

// Why a command asks nobody, or was told no.
var (
	errDeclined = errors.New("declined; nothing was sent")
	errNobody   = errors.New("there is no terminal to ask at; -yes sends without asking")
	errNoToken  = errors.New("HELLIO_API_TOKEN is not set")
)

// step is a command that the user may run next.
type step struct {
	Do      string `json:"do"`
	Command string `json:"command"`
}

// stopped is the end of a command that is not, or not yet, what the user wanted.
type stopped struct {
	status int
	cause  error
	next   []step
}

func (s *stopped) Error() string { return s.cause.Error() }
func (s *stopped) Unwrap() error { return s.cause }

// usageError is a command that was called wrongly.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func misused(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// conclude tells how a command ended, and gives the exit status.
func (c *console) conclude(err error) int {
	if errors.Is(err, flag.ErrHelp) {
		return statusDone
	}
	s := &stopped{status: statusOf(err), cause: err}
	errors.As(err, &s)
	last := event{Event: "end", Exit: &s.status, Report: c.final, Next: s.next}
	if s.cause != nil {
		last.Error = plain(err)
		fmt.Fprintf(c.err, "hellio-bulk: %s\n", last.Error)
	}
	for _, n := range s.next {
		fmt.Fprintf(c.err, "Next: %s\n  %s\n", n.Do, n.Command)
	}
	if c.json {
		c.emit(last)
	}
	return s.status
}

// plain is an error's text for people, on one line. The API's own sentences, which may hold a number, come masked.
func plain(err error) string {
	return strings.ReplaceAll(strings.ReplaceAll(err.Error(), "helliobulk: ", ""), "\n", "; ")
}

// statusOf is the exit status for an error. Of several reasons the one counts that must be seen to first.
func statusOf(err error) int {
	is := func(targets ...error) bool {
		for _, target := range targets {
			if errors.Is(err, target) {
				return true
			}
		}
		return false
	}
	var usage *usageError
	var param *hellio.ParamError
	var unreadable *list.Error
	var payment *helliobulk.PaymentError
	var unanswered *hellio.ConnectionError
	status := httpStatus(err)
	switch {
	case err == nil:
		return statusDone
	case errors.As(err, &usage), errors.As(err, &param):
		return statusUsage
	case is(helliobulk.ErrOtherAccount, errNoToken), status == http.StatusUnauthorized, status == http.StatusForbidden:
		return statusAccount
	case errors.As(err, &payment), status == http.StatusPaymentRequired:
		return statusUnpaid
	case is(errDeclined):
		return statusDeclined
	case is(errNobody):
		return statusNobody
	case errors.As(err, &unreadable), is(helliobulk.ErrNoRecipients):
		return statusList
	case is(helliobulk.ErrBatchChanged, helliobulk.ErrBatchReused):
		return statusBatch
	case is(helliobulk.ErrLocked):
		return statusLocked
	case is(helliobulk.ErrTorn, helliobulk.ErrNoBatch):
		return statusStore
	case is(fleet.ErrRedis):
		return statusRedis
	case is(helliobulk.ErrUnfinished, helliobulk.ErrCannotPay, context.Canceled), errors.As(err, &unanswered), status == http.StatusTooManyRequests, status >= 500:
		return statusUnfinished
	case is(helliobulk.ErrNeedsReview):
		return statusReview
	}
	return statusFailed
}

// httpStatus is the API's answer that an error tells of; 0 without one.
func httpStatus(err error) int {
	var api *hellio.APIError
	if errors.As(err, &api) {
		return api.Status
	}
	var halt *fleet.Stopped
	if errors.As(err, &halt) {
		return halt.Status
	}
	return 0
}
