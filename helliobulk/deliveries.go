package helliobulk

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hellio-go/hellio"
)

// Delivery is what the API reports of one message.
type Delivery struct {
	Status      hellio.MessageStatus
	Error       string // why it failed
	SentAt      time.Time
	DeliveredAt time.Time
}

// Deliveries is what the API reports of the messages of a batch.
type Deliveries struct{ messages map[messageKey]Delivery }

type messageKey struct {
	campaign hellio.ID
	to       string
}

// Of returns what the API reports of a recipient's message; ok is false if it
// lists none.
func (d *Deliveries) Of(r RecipientStatus) (one Delivery, ok bool) {
	one, ok = d.messages[messageKey{campaign: r.Campaign, to: r.Number}]
	return one, ok
}

// Deliveries asks the API what became of the messages of chunks that are done.
// It reads the list of messages from its newest back to an hour before the
// batch's first call, 200 a call, and needs the scope reports. All are held in
// memory, some 200 bytes each.
func (b *Batch) Deliveries(ctx context.Context, client *hellio.Client) (*Deliveries, error) {
	if err := b.CheckAccount(ctx, client); err != nil {
		return nil, err
	}
	since := time.Now()
	mine := map[hellio.ID]bool{}
	for index := range b.manifest.Chunks {
		e, err := b.store.entry(index)
		if err != nil {
			return nil, err
		}
		if e.State != StateDone || e.Campaign == "" {
			continue
		}
		mine[e.Campaign] = true
		if begun := time.UnixMilli(e.Intent); begun.Before(since) {
			since = begun
		}
	}
	d := &Deliveries{messages: map[messageKey]Delivery{}}
	if len(mine) == 0 {
		return d, nil
	}
	params := &hellio.MessageListParams{PerPage: listPage}
	for m, err := range client.Reports.Messages(ctx, params) {
		if err != nil {
			return nil, fmt.Errorf("read the deliveries: %w", err)
		}
		if m.CreatedAt.Before(since.Add(-clockSlack)) {
			break
		}
		digits := strings.TrimPrefix(m.MobileNumber, "+")
		if _, err := strconv.ParseUint(digits, 10, 64); err != nil || !mine[m.CampaignID] {
			continue
		}
		d.messages[messageKey{campaign: m.CampaignID, to: "+" + digits}] = Delivery{
			Status:      m.Status,
			Error:       m.Error,
			SentAt:      m.SentAt.Time,
			DeliveredAt: m.DeliveredAt.Time,
		}
	}
	return d, nil
}
