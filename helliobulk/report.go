package helliobulk

import (
	"cmp"
	"encoding/csv"
	"io"
	"iter"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/hellio-go/hellio"
)

// Count is a number of chunks and of the recipients in them.
type Count struct {
	Chunks     int `json:"chunks"`
	Recipients int `json:"recipients"`
}

func (c *Count) add(sign, recipients int) {
	c.Chunks += sign
	c.Recipients += sign * recipients
}

// Report is how far a batch is. The counts by state add up to Recipients and
// Chunks.
type Report struct {
	BatchID    string `json:"batch_id"`
	Given      int    `json:"given"`      // entries of the list
	Invalid    int    `json:"invalid"`    // of these, not to be sent to
	Duplicates int    `json:"duplicates"` // of these, dropped
	Excepted   int    `json:"excepted"`   // of these, left out by Params.Except
	Recipients int    `json:"recipients"` // of these, to be sent to
	Chunks     int    `json:"chunks"`

	Open        Count `json:"open"`
	Unknown     Count `json:"unknown"`
	Done        Count `json:"done"` // recipients that the API counted as invalid included
	Rejected    Count `json:"rejected"`
	NeedsReview Count `json:"needs_review"`
	Reused      Count `json:"reused"`
	PassedOn    Count `json:"passed_on"` // to a batch that was planned with Params.Except

	Accepted     int   `json:"accepted"`       // recipients of chunks that are done
	InvalidAtAPI int   `json:"invalid_at_api"` // recipients of these that cost nothing
	Replayed     int   `json:"replayed"`       // chunks with a stored answer
	ByHand       Count `json:"by_hand"`        // of Done, resolved by hand

	// Costs are what the API reserved for the chunks that are done, exact and
	// by currency; a stored answer counts once. What chunks that were resolved
	// by hand cost is not known, and not in it.
	Costs []Money `json:"costs"`
}

// Money is an amount with its currency.
type Money struct {
	Currency string        `json:"currency"`
	Amount   hellio.Amount `json:"amount"`
}

// tally keeps a Report up to date.
type tally struct {
	report Report
	costs  map[string]*big.Rat
}

func newTally(m *Manifest) *tally {
	return &tally{costs: map[string]*big.Rat{}, report: Report{
		BatchID:    m.BatchID,
		Given:      m.Given,
		Invalid:    m.Invalid,
		Duplicates: m.Duplicates,
		Excepted:   m.Excepted,
		Recipients: m.Recipients,
		Chunks:     m.Chunks,
		Open:       Count{m.Chunks, m.Recipients},
	}}
}

// move takes a chunk from what was known of it to what is known now.
func (t *tally) move(from, to *entry) {
	t.add(from, -1)
	t.add(to, 1)
}

func (t *tally) add(e *entry, sign int) {
	t.report.count(e.State).add(sign, e.Recipients)
	if e.State != StateDone {
		return
	}
	t.report.Accepted += sign * e.Accepted
	t.report.InvalidAtAPI += sign * e.Invalid
	if e.ByHand {
		t.report.ByHand.add(sign, e.Recipients)
	}
	if e.Replayed {
		t.report.Replayed += sign
	}
	if e.Cost.IsZero() {
		return
	}
	if t.costs[e.Currency] == nil {
		t.costs[e.Currency] = new(big.Rat)
	}
	sum := t.costs[e.Currency]
	sum.Add(sum, new(big.Rat).Mul(e.Cost.Rat(), big.NewRat(int64(sign), 1)))
}

func (r *Report) count(s State) *Count {
	switch s {
	case StateUnknown:
		return &r.Unknown
	case StateDone:
		return &r.Done
	case StateRejected:
		return &r.Rejected
	case StateNeedsReview:
		return &r.NeedsReview
	case StateReused:
		return &r.Reused
	case StatePassedOn:
		return &r.PassedOn
	default:
		return &r.Open
	}
}

// snapshot returns a copy of the report that later changes do not touch.
func (t *tally) snapshot() Report {
	r := t.report
	r.Costs = nil
	for currency, sum := range t.costs {
		r.Costs = append(r.Costs, Money{currency, decimal(sum)})
	}
	slices.SortFunc(r.Costs, func(a, b Money) int { return cmp.Compare(a.Currency, b.Currency) })
	return r
}

// decimal writes a sum of decimals exactly, with at least 4 places.
func decimal(r *big.Rat) hellio.Amount {
	places, _ := r.FloatPrec() // a sum of decimals is one
	amount, _ := hellio.ParseAmount(r.FloatString(max(4, places)))
	return amount
}

// ChunkStatus is the state of one chunk.
type ChunkStatus struct {
	Index      int           `json:"index"`
	Key        string        `json:"key"`
	State      State         `json:"state"`
	Recipients int           `json:"recipients"`
	Since      time.Time     `json:"since,omitzero"` // of its intent; zero while open
	Tries      int           `json:"tries"`          // calls that ended
	Status     int           `json:"status"`         // HTTP, of the last one; 0: no answer
	Code       string        `json:"code,omitempty"`
	Outcome    string        `json:"outcome,omitempty"` // of the last call, in words
	Replayed   bool          `json:"replayed"`
	Resent     bool          `json:"resent"`             // by ResendUnknown: it may have cost twice
	NotSent    bool          `json:"not_sent,omitempty"` // reused, and found not to have been sent
	Reference  string        `json:"reference,omitempty"`
	CampaignID hellio.ID     `json:"campaign_id,omitempty"`
	Accepted   int           `json:"accepted"`
	Invalid    int           `json:"invalid"`
	Segments   int           `json:"segments"`
	Cost       hellio.Amount `json:"cost"`
	Currency   string        `json:"currency,omitempty"`
}

func (e *entry) status(batchID string, index int) ChunkStatus {
	s := ChunkStatus{
		Index:      index,
		Key:        ChunkKey(batchID, index),
		State:      e.State,
		Recipients: e.Recipients,
		Tries:      e.Tries,
		Status:     e.Status,
		Code:       e.Code,
		Outcome:    e.Outcome,
		Replayed:   e.Replayed,
		Resent:     e.Resent,
		NotSent:    e.NotSent,
		Reference:  e.Reference,
		CampaignID: e.Campaign,
		Accepted:   e.Accepted,
		Invalid:    e.Invalid,
		Segments:   e.Segments,
		Cost:       e.Cost,
		Currency:   e.Currency,
	}
	if e.Intent != 0 {
		s.Since = time.UnixMilli(e.Intent).UTC()
	}
	return s
}

// WriteCSV writes one line per chunk, below a header. It holds no number and no
// text.
func WriteCSV(w io.Writer, chunks iter.Seq2[ChunkStatus, error]) error {
	out := csv.NewWriter(w)
	err := out.Write([]string{
		"index", "key", "state", "recipients", "accepted", "invalid", "segments", "cost",
		"currency", "since", "tries", "status", "code", "outcome", "replayed", "resent",
		"reference", "campaign_id",
	})
	if err != nil {
		return err
	}
	for c, err := range chunks {
		if err != nil {
			return err
		}
		since := ""
		if !c.Since.IsZero() {
			since = c.Since.Format(time.RFC3339)
		}
		err := out.Write([]string{
			strconv.Itoa(c.Index), c.Key, string(c.State), strconv.Itoa(c.Recipients),
			strconv.Itoa(c.Accepted), strconv.Itoa(c.Invalid), strconv.Itoa(c.Segments),
			c.Cost.String(), c.Currency, since, strconv.Itoa(c.Tries), strconv.Itoa(c.Status),
			c.Code, c.Outcome, strconv.FormatBool(c.Replayed), strconv.FormatBool(c.Resent),
			c.Reference, c.CampaignID.String(),
		})
		if err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
