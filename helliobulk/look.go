package helliobulk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hellio-go/hellio"
)

// Sighting is what the API's list of messages shows of a chunk.
type Sighting struct {
	Chunk     int         `json:"chunk"`
	Listed    int         `json:"listed"`    // recipients to whom it lists the chunk's text
	Campaigns []hellio.ID `json:"campaigns"` // of these messages; none of them is a done chunk's
}

// Looked is what a look at the API's list of messages has found.
type Looked struct {
	Sightings []Sighting // in the order of the chunks
	// Sure reports whether the list is known to show what was sent: it showed
	// messages of chunks that the API answered. Otherwise a chunk that is not
	// in it may have been sent all the same.
	Sure bool
}

// soughtRecipient is a recipient of a chunk that is looked for.
type soughtRecipient struct {
	to    uint64
	chunk int // place among the sightings
}

// Look asks the API's list of messages for the recipients of chunks that are
// not done. It reads the list from its newest message back to an hour before
// the first try of the oldest chunk, 200 messages a call, and needs the scope
// reports. It decides by number, text and sender.
func (b *Batch) Look(
	ctx context.Context, client *hellio.Client, indexes []int,
) (*Looked, error) {
	if err := b.CheckAccount(ctx, client); err != nil {
		return nil, err
	}
	s, since, err := b.newSearch(indexes)
	if err != nil {
		return nil, err
	}
	params := &hellio.MessageListParams{PerPage: listPage}
	for m, err := range client.Reports.Messages(ctx, params) {
		if err != nil {
			return nil, fmt.Errorf("look at the messages: %w", err)
		}
		if m.CreatedAt.Before(since.Add(-clockSlack)) {
			break
		}
		s.take(m)
	}
	return s.found, nil
}

// newSearch reads what is looked for, and since when it can have been sent.
func (b *Batch) newSearch(indexes []int) (s *search, since time.Time, err error) {
	s = &search{batch: b, found: &Looked{}, known: map[hellio.ID]bool{}}
	since = time.Now()
	wanted := map[int]bool{}
	for _, index := range indexes {
		wanted[index] = true
	}
	for index := range b.manifest.Chunks {
		e, err := b.store.entry(index)
		if err != nil {
			return nil, since, err
		}
		if e.Campaign != "" { // done, or reused: then it is the campaign of the stored answer
			s.known[e.Campaign] = e.State == StateDone
		}
		if !wanted[index] {
			continue
		}
		if err := s.want(index); err != nil {
			return nil, since, err
		}
		begun := b.manifest.Created
		if e.Intent != 0 {
			begun = time.UnixMilli(e.Intent)
		}
		if begun.Before(since) {
			since = begun
		}
	}
	slices.SortFunc(s.wants, func(a, b soughtRecipient) int { return cmp.Compare(a.to, b.to) })
	return s, since, nil
}

// search goes through the API's messages.
type search struct {
	batch *Batch
	found *Looked
	wants []soughtRecipient // by number
	texts []string
	known map[hellio.ID]bool // campaigns of chunks with an answer; true: it is done
}

// want adds a chunk's text and recipients to what is looked for.
func (s *search) want(index int) error {
	at := len(s.found.Sightings)
	s.found.Sightings = append(s.found.Sightings, Sighting{Chunk: index})
	text := s.batch.manifest.Message
	err := s.batch.store.eachOf(index, func(own string, _ int) {
		text = orElse(own, text)
	}, func(a addressee) {
		s.wants = append(s.wants, soughtRecipient{to: uint64(a.to), chunk: at})
	})
	s.texts = append(s.texts, text)
	return err
}

// take counts a message for the chunks whose it may be.
func (s *search) take(m *hellio.Message) {
	to, err := strconv.ParseUint(strings.TrimPrefix(m.MobileNumber, "+"), 10, 64)
	if err != nil || m.Sender != s.batch.manifest.Sender {
		return
	}
	done, answered := s.known[m.CampaignID]
	s.found.Sure = s.found.Sure || answered
	if done {
		return
	}
	at, _ := slices.BinarySearchFunc(s.wants, to, func(w soughtRecipient, to uint64) int {
		return cmp.Compare(w.to, to)
	})
	for ; at < len(s.wants) && s.wants[at].to == to; at++ {
		chunk := s.wants[at].chunk
		if m.Message != "" && m.Message != s.texts[chunk] {
			continue
		}
		sighting := &s.found.Sightings[chunk]
		sighting.Listed++
		if !slices.Contains(sighting.Campaigns, m.CampaignID) {
			sighting.Campaigns = append(sighting.Campaigns, m.CampaignID)
		}
	}
}
