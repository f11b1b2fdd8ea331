package main

import (
	"log"
	"sync"
	"time"
)

// noteEvery is how often a world's violations are counted on stderr, at most.
const noteEvery = time.Minute

// violationNote says on stderr how many violations a world lists. The zero
// value says nothing.
type violationNote struct {
	errors *log.Logger
	world  int // its number

	mu    sync.Mutex
	said  int
	quiet *time.Timer // until it may say more; nil = now
	ended bool
}

// look says how many there are if they have become more. Within a minute of the
// last line it waits for the end of that minute.
func (v *violationNote) look(count func() int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := count()
	grew := n > v.said
	if !grew {
		v.said = n // a reset has forgotten some
	}
	if !grew || v.ended || v.errors == nil || v.quiet != nil {
		return
	}
	v.said = n
	things := "violations"
	if n == 1 {
		things = "violation"
	}
	v.errors.Printf("world %d: %d %s; GET /_fake/violations lists them", v.world, n, things)
	v.quiet = time.AfterFunc(noteEvery, func() {
		v.mu.Lock()
		v.quiet = nil
		v.mu.Unlock()
		v.look(count)
	})
}

// end says no more.
func (v *violationNote) end() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ended = true
	if v.quiet != nil {
		v.quiet.Stop()
	}
}
