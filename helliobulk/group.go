package helliobulk

import (
	"container/list"

	"github.com/hellio-go/hellio"
)

const (
	maxGroups  = 1024    // texts that wait for more recipients
	maxPending = 1 << 16 // recipients that wait in them
)

// grouper gathers recipients of equal texts into chunks. It holds a bounded number of them: beyond it, the oldest text goes as a chunk that
// is not full, which costs a call more and nothing else.
type grouper struct {
	size    int // of a chunk
	emit    func(text string, numbers []destination) error
	groups  map[string]*list.Element
	order   *list.List // of *group, oldest first
	pending int
}

type group struct {
	text     string
	segments int
	numbers  []destination
}

func newGrouper(size int, emit func(string, []destination) error) *grouper {
	return &grouper{size: size, emit: emit, groups: map[string]*list.Element{}, order: list.New()}
}

// add takes a recipient and tells how many segments its text has.
func (g *grouper) add(text string, to destination) (segments int, err error) {
	at := g.groups[text]
	if at == nil {
		at = g.order.PushBack(&group{text: text, segments: hellio.CountSegments(text).Segments})
		g.groups[text] = at
	}
	of := at.Value.(*group)
	of.numbers = append(of.numbers, to)
	g.pending++
	if len(of.numbers) == g.size {
		err = g.send(at, false)
	}
	for err == nil && (g.order.Len() > maxGroups || g.pending > maxPending) {
		err = g.send(g.order.Front(), true)
	}
	return of.segments, err
}

// send makes a chunk of a group's numbers, and forgets the group if told to.
func (g *grouper) send(at *list.Element, forget bool) error {
	of := at.Value.(*group)
	g.pending -= len(of.numbers)
	var err error
	if len(of.numbers) > 0 {
		err = g.emit(of.text, of.numbers)
	}
	of.numbers = of.numbers[:0]
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
