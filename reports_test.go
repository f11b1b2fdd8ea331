package hellio_test

import (
	"context"
	"fmt"
	"log"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func ExampleReportsService_Messages() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	for _, text := range []string{"The first", "The second", "The third"} {
		p := &hellio.SMSSendParams{
			Recipients: []string{"+233249990001"},
			Sender:     "HELLIO",
			Message:    text,
		}
		if _, err := client.SMS.Send(ctx, p); err != nil {
			log.Fatal(err)
		}
	}
	for m, err := range client.Reports.Messages(ctx, &hellio.MessageListParams{PerPage: 2}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.MobileNumber, m.Message, m.Status)
	}
	// Output:
	// +233249990001 The third queued
	// +233249990001 The second queued
	// +233249990001 The first queued
}

func ExampleReportsService_WaitCampaign() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()

	sent, err := client.SMS.Send(ctx, &hellio.SMSSendParams{
		Recipients: []string{
			"+233249990001",
			helliotest.NumberFailed,
		}, Sender: "HELLIO", Message: "The gate opens at nine",
	})
	if err != nil {
		log.Fatal(err)
	}
	fake.Advance(time.Minute) // the time that messages take
	campaign, err := client.Reports.WaitCampaign(ctx, hellio.ID(sent.Reference))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(
		campaign.Status,
		campaign.Statuses[hellio.MessageDelivered],
		"delivered",
		campaign.Statuses[hellio.MessageFailed],
		"failed",
	)
	fmt.Println("reserved", campaign.EstimatedCost, "paid", campaign.Cost, campaign.Currency)
	// Output:
	// completed 1 delivered 1 failed
	// reserved 0.0620 paid 0.0310 GHS
}

func TestReportsRefuseBadInput(t *testing.T) {
	t.Parallel()
	messages := func(p *hellio.MessageListParams) func(*hellio.Client) error {
		return func(c *hellio.Client) error {
			_, err := c.Reports.ListMessages(context.Background(), p)
			return err
		}
	}
	campaigns := func(p *hellio.CampaignListParams) func(*hellio.Client) error {
		return func(c *hellio.Client) error {
			_, err := c.Reports.ListCampaigns(context.Background(), p)
			return err
		}
	}
	refusals := map[string]refusal{
		"nil page of messages":  {"params", messages(nil)},
		"201 messages a page":   {"per_page", messages(&hellio.MessageListParams{PerPage: 201})},
		"-1 messages a page":    {"per_page", messages(&hellio.MessageListParams{PerPage: -1})},
		"nil page of campaigns": {"params", campaigns(nil)},
		"201 campaigns a page":  {"per_page", campaigns(&hellio.CampaignListParams{PerPage: 201})},
		"-1 campaigns a page":   {"per_page", campaigns(&hellio.CampaignListParams{PerPage: -1})},
	}
	for _, id := range badIDs {
		for name, get := range map[string]func(*hellio.ReportsService) error{
			"message": func(s *hellio.ReportsService) error {
				_, err := s.GetMessage(context.Background(), id)
				return err
			},
			"campaign": func(s *hellio.ReportsService) error {
				_, err := s.GetCampaign(context.Background(), id)
				return err
			},
			"wait for": func(s *hellio.ReportsService) error {
				_, err := s.WaitCampaign(context.Background(), id)
				return err
			},
		} {
			refusals[fmt.Sprintf("%s %q", name, id)] = refusal{
				"id",
				func(c *hellio.Client) error { return get(c.Reports) },
			}
		}
	}
	requireRefused(t, refusals)
}

// sendTexts sends each text to a number.
func sendTexts(
	t testing.TB,
	client *hellio.Client,
	all ...string,
) (sent []*hellio.SMSSendResult) {
	t.Helper()
	for _, text := range all {
		result, err := client.SMS.Send(
			t.Context(),
			&hellio.SMSSendParams{
				Recipients: []string{"233249990001"},
				Sender:     "HELLIO",
				Message:    text,
			},
		)
		require.NoError(t, err)
		sent = append(sent, result)
	}
	return sent
}

func TestMessagesAndCampaignsAreFoundByEitherName(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t)
	client := fake.Client()
	sent := sendTexts(t, client, "Hi")[0]
	fake.Advance(time.Minute)
	held := fake.Messages()[0]
	for _, id := range []hellio.ID{hellio.ID(fmt.Sprint(held.ID)), hellio.ID(held.Reference)} {
		m, err := client.Reports.GetMessage(t.Context(), id)
		require.NoError(t, err)
		require.NotEmpty(t, m.Raw)
		require.Equal(
			t,
			[]any{
				held.Reference,
				sent.CampaignID,
				hellio.ChannelSMS,
				"+233249990001",
				"HELLIO",
				"Hi",
				hellio.MessageDelivered,
				1,
				"0.0310",
				held.ProviderMessageID,
				"",
			},
			[]any{
				m.Reference,
				m.CampaignID,
				m.Channel,
				m.MobileNumber,
				m.Sender,
				m.Message,
				m.Status,
				m.Segments,
				m.Cost.String(),
				m.ProviderMessageID,
				m.Error,
			},
		)
		require.True(t, m.Status.IsFinal())
		require.Equal(t, 5*time.Second, m.DeliveredAt.Sub(m.CreatedAt.Time))
	}
	for _, id := range []hellio.ID{sent.CampaignID, hellio.ID(sent.Reference)} {
		c, err := client.Reports.GetCampaign(t.Context(), id)
		require.NoError(t, err)
		require.Equal(
			t,
			[]any{sent.CampaignID, sent.Reference, hellio.CampaignCompleted, 1, 1, 0, 1, "0.0310",
				"0.0310"},
			[]any{
				c.ID,
				c.Reference,
				c.Status,
				c.TotalRecipients,
				c.AcceptedRecipients,
				c.InvalidRecipients,
				c.Statuses[hellio.MessageDelivered],
				c.Cost.String(),
				c.EstimatedCost.String(),
			},
		)
		require.Equal(t, 5*time.Second, c.CompletedAt.Sub(c.CreatedAt.Time))
	}
	_, err := client.Reports.GetCampaign(t.Context(), hellio.ID(held.Reference))
	var missing *hellio.NotFoundError
	require.ErrorAs(t, err, &missing)
	require.Equal(t, hellio.CodeNotFound, missing.Code)
}

func TestAListIsNarrowedByStatus(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t)
	client := fake.Client()
	sendTexts(t, client, "early")
	fake.Advance(time.Minute)
	sendTexts(t, client, "late")
	messages, err := client.Reports.ListMessages(
		t.Context(),
		&hellio.MessageListParams{Status: hellio.MessageDelivered, PerPage: 200},
	)
	require.NoError(t, err)
	require.Len(t, messages.Data, 1)
	require.Equal(
		t,
		[]any{"early", "", 200},
		[]any{messages.Data[0].Message, messages.NextCursor, messages.PerPage},
	)
	campaigns, err := client.Reports.ListCampaigns(
		t.Context(),
		&hellio.CampaignListParams{Status: hellio.CampaignQueued},
	)
	require.NoError(t, err)
	require.Len(t, campaigns.Data, 1)
	require.Equal(t, "late", campaigns.Data[0].Message)
	require.Equal(t, 50, campaigns.PerPage, "0 is the API's default")
	none, err := client.Reports.ListMessages(t.Context(), &hellio.MessageListParams{Status: "lost"})
	require.NoError(t, err)
	require.Empty(t, none.Data)
}

func TestAnIteratorStaysRightWhileMoreIsSent(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t)
	client := fake.Client()
	sendTexts(t, client, "1", "2", "3", "4", "5")
	p := &hellio.MessageListParams{PerPage: 2}
	var got []string
	for m, err := range client.Reports.Messages(t.Context(), p) {
		require.NoError(t, err)
		got = append(got, m.Message)
		sendTexts(t, client, "newer than "+m.Message)
	}
	require.Equal(t, []string{"5", "4", "3", "2", "1"}, got)
	require.Equal(t, &hellio.MessageListParams{PerPage: 2}, p,
		"the caller's params are not changed")

	var campaigns []string
	for c, err := range client.Reports.Campaigns(t.Context(),
		&hellio.CampaignListParams{PerPage: 3}) {
		require.NoError(t, err)
		campaigns = append(campaigns, c.Message)
		sendTexts(t, client, "newest of all")
	}
	require.Len(t, campaigns, 10)
	require.Equal(t, "newer than 1", campaigns[0])
	require.Equal(t, "1", campaigns[9])
}

func TestALateStatusRanksBelowAFinalOne(t *testing.T) {
	t.Parallel()
	for want, status := range []hellio.MessageStatus{
		"",
		hellio.MessageQueued,
		hellio.MessageSent,
		"expired",
		hellio.MessageDelivered,
	} {
		require.Equal(t, want, status.Rank(), status)
	}
	delivered, failed := hellio.MessageDelivered.Rank(), hellio.MessageFailed.Rank()
	require.Equal(t, delivered, failed, "the first of two final ones stays")
}
