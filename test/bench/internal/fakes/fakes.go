// Package fakes measures the fake of the API: the time to its first answer, the
// cost of a call, and whether it slows down as it fills.
package fakes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

const (
	recipientsPerSend = 10_000
	messagesURL       = "https://fake.hellio.invalid/v1/messages"
	pageSize          = 50
)

// FirstCall starts a fake, sends one SMS through its client, and closes it.
func FirstCall() error {
	fake, err := start()
	if err != nil {
		return err
	}
	return errors.Join(send(fake.Client(), 1), fake.Close())
}

// Store is a fake with messages, and its client in the same process.
type Store struct {
	fake   *helliotest.Fake
	client *hellio.Client
	token  string
}

// Open returns a fake that holds the given number of delivered messages.
func Open(messages int) (*Store, error) {
	fake, err := start()
	if err != nil {
		return nil, err
	}
	s := &Store{fake: fake, client: fake.Client(), token: fake.IssueToken("reports")}
	for left := messages; left > 0; left -= recipientsPerSend {
		if err := send(s.client, min(left, recipientsPerSend)); err != nil {
			return nil, errors.Join(err, fake.Close())
		}
	}
	fake.Advance(time.Minute)
	if got := len(fake.Messages()); got != messages {
		return nil, errors.Join(fmt.Errorf("the fake holds %d messages, want %d", got, messages), fake.Close())
	}
	return s, nil
}

// Close closes the fake.
func (s *Store) Close() error { return s.fake.Close() }

// Send sends one SMS through the whole client.
func (s *Store) Send() error { return send(s.client, 1) }

// NewestPage reads the newest page of messages.
func (s *Store) NewestPage() error {
	req, err := http.NewRequest(http.MethodGet, messagesURL, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Accept", "application/json")
	resp, err := s.fake.HTTPClient().Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var page struct {
		Data []json.RawMessage `json:"data"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || len(page.Data) != pageSize {
		return fmt.Errorf("invalid page: got status %d and %d messages, want status 200 and %d",
			resp.StatusCode, len(page.Data), pageSize)
	}
	return nil
}

// start starts a fake whose balance and rate limit no run exceeds.
func start() (*helliotest.Fake, error) {
	return helliotest.Start(
		helliotest.WithBalance("100000000.0000"),
		helliotest.WithRateLimit(1_000_000_000),
	)
}

func send(client *hellio.Client, recipients int) error {
	numbers := make([]string, recipients)
	for i := range numbers {
		numbers[i] = fmt.Sprintf("+23320%07d", 1_000_000+i)
	}
	sent, err := client.SMS.Send(context.Background(), &hellio.SMSSendParams{
		Recipients: numbers,
		Sender:     "HELLIO",
		Message:    "Your parcel is here.",
	})
	if err != nil {
		return err
	}
	if sent.AcceptedRecipients != recipients {
		return fmt.Errorf("%d of %d recipients accepted", sent.AcceptedRecipients, recipients)
	}
	return nil
}
