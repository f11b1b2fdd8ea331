package helliotest

import (
	"net/http"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/control"
)

// Message is a message of the fake.
type Message struct {
	ID                int64
	Reference         string
	CampaignID        int64  // 0: none
	Channel           string // sms, voice, whatsapp or email
	MobileNumber      string // with "+"; an e-mail address on the channel email
	Sender            string
	Message           string
	Status            string // queued, sent, delivered or failed
	Segments          int
	Cost              string // four decimals
	Currency          string
	ProviderMessageID string    // "" until sent
	Error             string    // why it failed
	CreatedAt         time.Time // the times are on the fake's clock
	SentAt            time.Time // zero until sent
	DeliveredAt       time.Time // zero unless delivered
}

// Messages returns the accepted messages that match all filters, oldest first.
func (f *Fake) Messages(filters ...Filter) []Message {
	f.tb.Helper()
	defer f.lock()()
	var out []Message
	for _, m := range f.world.messages.rows {
		if passes(filters, m.subject()) {
			out = append(out, m.public())
		}
	}
	return out
}

func (m *messageRow) subject() subject {
	return subject{
		id:      m.ID,
		to:      m.To,
		from:    m.Sender,
		text:    m.Text,
		channel: m.Channel,
		isFor:   func(d string) bool { return sameDestination(d, m.To) },
	}
}

func (m *messageRow) public() Message {
	p := Message{
		ID:                m.ID,
		Reference:         m.Reference.String(),
		Channel:           m.Channel,
		MobileNumber:      m.address(),
		Sender:            m.Sender,
		Message:           m.Text,
		Status:            m.Status,
		Segments:          m.Segments,
		Cost:              m.Cost.String(),
		Currency:          currency,
		ProviderMessageID: m.provider(),
		Error:             m.Failure,
		CreatedAt:         m.Created,
		SentAt:            m.Sent,
	}
	if m.campaign != nil {
		p.CampaignID = m.campaign.ID
	}
	if m.Status == statusDelivered {
		p.DeliveredAt = m.Final
	}
	return p
}

// subject returns what filters see of a message of a program.
func (m Message) subject() subject {
	return subject{
		id:      m.ID,
		to:      m.MobileNumber,
		from:    m.Sender,
		text:    m.Message,
		channel: m.Channel,
		isFor:   func(d string) bool { return sameDestination(d, m.MobileNumber) },
	}
}

// address returns the destination as the API shows it: a number with "+", an
// e-mail address unchanged.
func (m *messageRow) address() string {
	if strings.Contains(m.To, "@") {
		return m.To
	}
	return "+" + m.To
}

func messageRoutes() []apiRoute {
	return []apiRoute{
		{op: contract.MessageList, handle: listMessages},
		{op: contract.MessageGet, handle: getMessage},
	}
}

func listMessages(w *world, c *apiCall) *reply {
	status := c.param("status")
	page, bad := paginate(c, &w.messages,
		func(m *messageRow) bool { return status == "" || m.Status == status })
	if bad != nil {
		return bad
	}
	return page.flat(func(m *messageRow) any { return wireOf(m) })
}

func getMessage(w *world, c *apiCall) *reply {
	m := w.messages.find(c.id)
	if m == nil {
		return notFound("message")
	}
	return okReply(http.StatusOK, wireOf(m))
}

func wireOf(m *messageRow) control.Message {
	shown := m.public()
	return shown.wire()
}
