package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/hellio-go/hellio"
)

// patience is how long the shop keeps a session after its last step. Networks
// end sessions sooner, without notice.
const patience = 5 * time.Minute

const (
	welcome   = "Airtime\n1. MTN\n2. Telecel\n0. Leave"
	maxAmount = 500
)

// shop is the menu and its open sessions. It serves one process: several
// processes would need a store of sessions that they share.
type shop struct {
	mu       sync.Mutex
	sessions map[string]session
}

// session is what the user has chosen so far.
type session struct {
	network string
	amount  int
	seen    time.Time
}

func newShop() *shop { return &shop{sessions: map[string]session{}} }

// step answers one step of a session.
func (s *shop) step(_ context.Context, r *hellio.USSDRequest) (*hellio.USSDReply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.forget(now)
	if r.Input == "0" {
		delete(s.sessions, r.SessionID)
		return hellio.EndUSSD("Goodbye."), nil
	}
	current, message, ends := s.sessions[r.SessionID].next(r.Input)
	if ends {
		delete(s.sessions, r.SessionID)
		return hellio.EndUSSD(message), nil
	}
	current.seen = now
	s.sessions[r.SessionID] = current
	return hellio.ContinueUSSD(message), nil
}

// next returns the session after an input, what the phone shows, and whether
// the session ends. The input is that of this step alone.
func (c session) next(input string) (after session, message string, ends bool) {
	switch {
	case c.network == "":
		return c.choose(input)
	case c.amount == 0:
		return c.take(input)
	case input == "1":
		// Here the order would be queued.
		return c, fmt.Sprintf("%d GHS of %s airtime are on their way.", c.amount, c.network), true
	default:
		return c, c.question(), false
	}
}

func (c session) choose(input string) (session, string, bool) {
	network, known := map[string]string{"1": "MTN", "2": "Telecel"}[input]
	if !known {
		return c, welcome, false
	}
	c.network = network
	return c, "How many GHS?", false
}

func (c session) take(input string) (session, string, bool) {
	amount, err := strconv.Atoi(input)
	if err != nil || amount < 1 || amount > maxAmount {
		return c, fmt.Sprintf("A whole number from 1 to %d, please.", maxAmount), false
	}
	c.amount = amount
	return c, c.question(), false
}

func (c session) question() string {
	return fmt.Sprintf("%d GHS of %s airtime?\n1. Yes\n0. No", c.amount, c.network)
}

// forget drops the sessions that ended without a last step.
func (s *shop) forget(now time.Time) {
	for id, c := range s.sessions {
		if now.Sub(c.seen) > patience {
			delete(s.sessions, id)
		}
	}
}
