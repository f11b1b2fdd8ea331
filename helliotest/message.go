package helliotest

import (
	"strconv"
	"time"

	"github.com/google/uuid"
)

// Statuses of a message (the last two are final) and of a campaign.
const (
	statusQueued     = "queued"
	statusSent       = "sent"
	statusDelivered  = "delivered"
	statusFailed     = "failed"
	statusProcessing = "processing"
	statusCompleted  = "completed"
)

// A message is sent 1 s after it was accepted, and final 5 s after (decided).
const (
	sentAfter  = time.Second
	finalAfter = 5 * time.Second
)

// messageRow is one text to one destination.
type messageRow struct {
	messageState
	campaign *campaign // nil for a message of its own, such as a code
	origin   *logged   // the call that made it; nil for one from a snapshot
}

// messageState is what a snapshot keeps of a message.
type messageState struct {
	ID        int64
	Reference uuid.UUID
	Channel   string
	To        string // digits, or an e-mail address
	Sender    string
	Text      string
	Status    string
	Segments  int
	Cost      money
	Failure   string
	Doomed    bool // it will fail at the carrier
	Created   time.Time
	Sent      time.Time
	Final     time.Time
}

func (m *messageRow) key() (int64, uuid.UUID) { return m.ID, m.Reference }

// campaign is what one sms/send made: a text to many.
type campaign struct {
	campaignState
	messages []messageRow
}

// campaignState is what a snapshot keeps of a campaign.
type campaignState struct {
	ID        int64
	Reference uuid.UUID
	Sender    string
	Text      string
	Status    string
	Invalid   int // recipients that were no numbers
	Segments  int
	Estimated money
	Created   time.Time
	Completed time.Time
}

func (c *campaign) key() (int64, uuid.UUID) { return c.ID, c.Reference }

// addMessages stores messages whose cost is reserved. Every message of the fake
// comes through here, and then through carry.
func (w *world) addMessages(batch []messageRow) {
	now := w.clock.Now()
	for i := range batch {
		m := &batch[i]
		m.ID, m.Reference = w.nextID(), w.newReference()
		m.Status, m.Created = statusQueued, now
		w.messages.add(m)
	}
	w.evictMessages()
	w.e.announce()
}

// carry starts the messages that were made at that time.
func (w *world) carry(batch []messageRow, made time.Time, whenFinal func(due time.Time)) {
	w.at(made.Add(sentAfter), func(due time.Time) {
		for i := range batch {
			batch[i].send(due)
		}
	})
	w.at(made.Add(finalAfter), func(due time.Time) {
		for i := range batch {
			w.finish(&batch[i], due)
		}
		w.evictMessages()
		whenFinal(due)
	})
}

func (m *messageRow) send(due time.Time) {
	m.Status, m.Sent = statusSent, due
}

// provider returns the carrier's id of a message that was sent, or "".
func (m *messageRow) provider() string {
	if m.Sent.IsZero() {
		return ""
	}
	return "prv-" + strconv.FormatInt(m.ID, 10)
}

// finish makes a message final. Its cost is settled, or returned if it failed,
// and the webhooks get a report. Every message of the fake ends here.
func (w *world) finish(m *messageRow, due time.Time) {
	m.Final = due
	if m.Failure = m.whyFails(); m.Failure != "" {
		m.Status = statusFailed
		w.refund(m.Cost, m.Created)
	} else {
		m.Status = statusDelivered
		w.settle(m.Cost)
	}
	w.report(m)
}
