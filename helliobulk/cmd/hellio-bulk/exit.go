package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"
)

// Exit statuses. A second Ctrl-C ends the program by the signal itself, which
// shells report as 130.
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
	statusRejected   = 14
)

type meaning struct {
	status  int
	meaning string
}

func statuses() []meaning {
	return []meaning{
		{statusDone, "all is done"},
		{statusFailed, "failed otherwise, such as a file that cannot be written"},
		{statusUsage, "a flag or an argument is wrong"},
		{statusUnfinished, "stopped before its end; resume continues"},
		{statusReview, "some chunks may or may not have been sent; run review"},
		{statusUnpaid, "the balance, a spend limit or the price list does not cover it"},
		{statusAccount, "no token, a token that is refused or lacks a right, or another account's"},
		{statusDeclined, "declined when asked; nothing was sent"},
		{statusNobody, "there is no terminal to ask at, and no -yes; nothing was sent"},
		{statusList, "the list cannot be used, or has no recipient"},
		{statusBatch, "the store holds another batch, or the API knows its keys from before"},
		{statusLocked, "another process works on the batch"},
		{statusStore, "there is no store, it is damaged, or -except cannot use it"},
		{statusRedis, "Redis does not answer, or refuses"},
		{statusRejected, "the batch ended, and the API rejected chunks; run retry"},
	}
}

// Why a command does not ask, or was declined.
var (
	errDeclined = errors.New("declined; nothing was sent")
	errNobody   = errors.New("there is no terminal to ask at; -yes sends without asking")
	errNoToken  = errors.New("HELLIO_API_TOKEN is not set")
)

// step is what the user may do next. A step without a command says what to do
// in words.
type step struct {
	Do      string `json:"do"`
	Command string `json:"command,omitempty"`
}

// stopped is the end of a command that is not, or not yet, what the user
// wanted.
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

// conclude prints how a command ended, and returns the exit status.
func (c *console) conclude(err error) int {
	if errors.Is(err, flag.ErrHelp) {
		return statusDone
	}
	var s *stopped
	if !errors.As(err, &s) {
		s = &stopped{status: failureOf(err).advice().status, cause: err}
	}
	last := event{
		Event:  "end",
		Exit:   &s.status,
		Report: c.final,
		Next:   s.next,
	}
	if s.cause != nil {
		last.Error = plain(err)
		c.complain(err)
	}
	for _, n := range s.next {
		fmt.Fprintf(c.err, "Next: %s\n", n.Do)
		if n.Command != "" {
			fmt.Fprintf(c.err, "  %s\n", n.Command)
		}
	}
	if c.json {
		c.emit(last)
	}
	return s.status
}

// complain prints an error: several errors of a list on lines of their own.
func (c *console) complain(err error) {
	all := listErrors(err)
	if all == nil {
		fmt.Fprintf(c.err, "hellio-bulk: %s\n", plain(err))
		return
	}
	fmt.Fprintf(c.err, "hellio-bulk: the list cannot be used:\n  %s\n",
		strings.ReplaceAll(all.Error(), "\n", "\n  "))
}

// plain returns an error's text for people, on one line. The API's own
// sentences, which may hold a number, come masked.
func plain(err error) string {
	text := strings.ReplaceAll(err.Error(), "helliobulk: ", "")
	return strings.ReplaceAll(text, "\n", "; ")
}
