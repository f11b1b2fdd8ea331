package helliobulk

import (
	"container/list"

	"github.com/hellio-go/hellio"
)

const (
	maxGroups  = 1024    // texts that wait for more recipients
	maxPending = 1 << 16 // recipients that wait in them
)

// grouper gathers recipients of equal texts into chunks. It holds a bounded
// number of them: beyond it, the oldest text becomes a chunk that is not full,
// which costs a call more and nothing else.
type grouper struct {
	size    int // of a chunk
	emit    func(text string, to []addressee) error
	groups  map[string]*list.Element
	order   *list.List // of *group, oldest first
	pending int
}

type group struct {
	text     string
	segments int
	to       []addressee
}

func newGrouper(size int, emit func(string, []addressee) error) *grouper {
	return &grouper{
		size:   size,
		emit:   emit,
		groups: map[string]*list.Element{},
		order:  list.New(),
	}
}

// add takes a recipient and returns how many segments its text has.
func (g *grouper) add(text string, to addressee) (segments int, err error) {
	at := g.groups[text]
	if at == nil {
		segments := hellio.CountSegments(text).Segments
		at = g.order.PushBack(&group{text: text, segments: segments})
		g.groups[text] = at
	}
	of := at.Value.(*group)
	of.to = append(of.to, to)
	g.pending++
	if len(of.to) == g.size {
		err = g.send(at, false)
	}
	for err == nil && (g.order.Len() > maxGroups || g.pending > maxPending) {
		err = g.send(g.order.Front(), true)
	}
	return of.segments, err
}

// send makes a chunk of a group's recipients, and forgets the group if asked
// to.
func (g *grouper) send(at *list.Element, forget bool) error {
	of := at.Value.(*group)
	g.pending -= len(of.to)
	var err error
	if len(of.to) > 0 {
		err = g.emit(of.text, of.to)
	}
	of.to = of.to[:0]
	if forget {
		g.order.Remove(at)
		delete(g.groups, of.text)
	}
	return err
}

// finish makes chunks of all that waits.
func (g *grouper) finish() error {
	for g.order.Len() > 0 {
		if err := g.send(g.order.Front(), true); err != nil {
			return err
		}
	}
	return nil
}
