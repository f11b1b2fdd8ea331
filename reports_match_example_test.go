package hellio_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"sync"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// noticeID names a row of the application: what a send returns and what its
// reports name.
type noticeID struct {
	campaign hellio.ID
	number   string
}

// notices is the application's table. In production it is in a database, with
// an index on each of both columns.
type notices struct {
	mu       sync.Mutex
	status   map[noticeID]hellio.MessageStatus
	provider map[string]noticeID // by ProviderMessageID, learned from reports
}

// find returns the row of a report. The first report of a message names an id
// that the send did not return, so find asks the API for the message.
func (n *notices) find(ctx context.Context, client *hellio.Client, e *hellio.WebhookEvent) (noticeID, error) {
	if id, ok := n.provider[e.ProviderMessageID]; ok {
		return id, nil
	}
	for m, err := range client.Reports.Messages(ctx, &hellio.MessageListParams{PerPage: 200}) {
		if err != nil {
			return noticeID{}, err
		}
		if m.ProviderMessageID == e.ProviderMessageID {
			id := noticeID{campaign: m.CampaignID, number: m.MobileNumber}
			n.provider[e.ProviderMessageID] = id
			return id, nil
		}
		if time.Since(m.CreatedAt.Time) > 72*time.Hour {
			break // older than any report
		}
	}
	return noticeID{}, errors.New("report of an unknown message")
}

// apply stores what a report says.
func (n *notices) apply(ctx context.Context, client *hellio.Client, e *hellio.WebhookEvent) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	id, err := n.find(ctx, client, e)
	if err != nil {
		return err // the API delivers the report again
	}
	if e.Status.Rank() > n.status[id].Rank() {
		n.status[id] = e.Status
	}
	return nil
}

// A webhook names a message by ProviderMessageID, which the send does not
// return. Store campaign and number at the send, and learn the id from the
// first report.
func Example_fromSendToReport() {
	const secret = "a secret of 16 bytes"
	table := notices{
		status:   map[noticeID]hellio.MessageStatus{},
		provider: map[string]noticeID{},
	}
	var client *hellio.Client
	reports, err := hellio.NewWebhookHandler([]string{secret}, func(ctx context.Context, e *hellio.WebhookEvent) error {
		return table.apply(ctx, client, e)
	})
	if err != nil {
		log.Fatal(err)
	}
	webhook := helliotest.WithWebhookHandler("https://example.com/reports", reports, secret)
	fake, err := helliotest.Start(webhook) // in production: client.Webhooks.Create
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client = fake.Client()

	sent, err := client.SMS.Send(context.Background(), &hellio.SMSSendParams{
		Recipients: []string{"+233209990001", "+233249990002"},
		Sender:     "ACME",
		Message:    "Your parcel is here.",
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, number := range []string{"+233209990001", "+233249990002"} {
		table.status[noticeID{campaign: sent.CampaignID, number: number}] = hellio.MessageQueued
	}

	fake.Advance(time.Minute) // the time that messages take
	for _, number := range []string{"+233209990001", "+233249990002"} {
		fmt.Println(number, table.status[noticeID{campaign: sent.CampaignID, number: number}])
	}
	// Output:
	// +233209990001 delivered
	// +233249990002 delivered
}
