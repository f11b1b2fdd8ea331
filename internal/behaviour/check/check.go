// Package check tests the claims of package behaviour. A check uses plain HTTP
// and no name of helliotest, so it runs against the fake and against the real
// API.
package check

import (
	"errors"
	"fmt"
	"maps"

	"github.com/hellio-go/hellio/internal/behaviour"
)

// Check finds out whether a claim holds.
type Check struct {
	ID     string
	Charge Charge // the most that it may cost
	// Run returns nil if the claim holds, a *Refuted if it does not, and an
	// *Untestable if that can't be found out here. With any other error the
	// check has failed.
	Run func(p *Probe) error
}

// Charge is what a check may send, in the units of each price.
type Charge struct {
	SMS    int // segments
	OTP    int // codes
	Voice  int // seconds of audio
	Lookup int // numbers
	Email  int // addresses
}

// Zero reports whether the charge is none.
func (c Charge) Zero() bool { return c == Charge{} }

// Refuted is the error of a claim that does not hold. Expected and Seen hold
// statuses, codes, names and JSON kinds, never values.
type Refuted struct {
	Value    any // for an observation; nil if the claim has no value
	Expected string
	Seen     string
}

// Error returns both answers.
func (r *Refuted) Error() string { return fmt.Sprintf("expected %s, saw %s", r.Expected, r.Seen) }

// Untestable is the error of a claim that can't be tested here.
type Untestable struct{ Reason string }

// Error returns the reason.
func (u *Untestable) Error() string { return u.Reason }

// chapter holds the checks of a chapter by the id of their claim.
type chapter map[string]func(*trial)

// All returns the checks, in the order of the list.
func All() []Check {
	runs := make(chapter)
	for _, c := range []chapter{
		tokenChecks, errorChecks, inputChecks, ratelimitChecks, idempotencyChecks, moneyChecks,
		loginChecks, smsChecks, numberChecks, messageChecks, pageChecks, campaignChecks,
		otpSendChecks, otpCodeChecks, voiceSendChecks, voiceChecks, lookupChecks,
		lookupResultChecks, emailChecks, balanceChecks, webhookChecks, deliveryChecks,
		attemptChecks, ussdChecks, ussdAppChecks, extensionChecks, sessionChecks, simulateChecks,
		callbackChecks,
	} {
		maps.Copy(runs, c)
	}
	var all []Check
	for _, b := range behaviour.All() {
		if run := runs[b.ID]; run != nil {
			all = append(all, Check{b.ID, charges[b.ID], tried(run)})
		}
	}
	return all
}

// aborted carries an error up from the middle of a check.
type aborted struct{ err error }

// tried returns the check as a function that returns its error.
func tried(run func(*trial)) func(*Probe) error {
	return func(p *Probe) (err error) {
		defer func() {
			switch r := recover().(type) {
			case nil:
			case aborted:
				err = r.err
			default:
				panic(r)
			}
		}()
		run(&trial{p})
		return nil
	}
}

// ResultOf returns the result of an observation that an error of Check.Run
// stands for.
func ResultOf(err error) string {
	var refuted *Refuted
	switch {
	case err == nil:
		return behaviour.Confirmed
	case errors.As(err, &refuted):
		return behaviour.Refuted
	}
	return behaviour.NotTestable
}
