package conformance

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/contract"
)

func reportFlows() []flow {
	return []flow{
		{"a message in each of its states", nil, messageStates},
		{"messages by pages", nil, messagePages},
		{"a campaign in each of its states", nil, campaignStates},
		{"messages by an invalid cursor", nil, func(t *testing.T, w *world) {
			page, err := w.client.Reports.ListMessages(t.Context(), &hellio.MessageListParams{
				Cursor: "nonsense",
				Status: "unheard of",
			})
			require.NoError(t, err)
			require.Empty(t, page.Data)
		}},
		{"an unknown message", nil, func(t *testing.T, w *world) {
			for _, id := range []hellio.ID{"4711", "0b6f3f2e-3d1a-4f60-8a52-6f3c5d7e9a01"} {
				_, err := w.client.Reports.GetMessage(t.Context(), id)
				requireRefused(t, err, 404, contract.CodeNotFound)
			}
		}},
	}
}

func campaignStates(t *testing.T, w *world) {
	w.fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.ToNumber("233209990002"),
		helliotest.CarrierFail())
	sent, err := w.client.SMS.Send(t.Context(), &hellio.SMSSendParams{
		Recipients: []string{"233209990001", "233209990002", "nobody"},
		Sender:     "HELLIO",
		Message:    "Hi",
	})
	require.NoError(t, err)
	for _, want := range []hellio.CampaignStatus{
		hellio.CampaignQueued, hellio.CampaignProcessing, hellio.CampaignCompleted,
	} {
		campaign, err := w.client.Reports.GetCampaign(t.Context(), hellio.ID(sent.Reference))
		require.NoError(t, err)
		require.Equal(t, want, campaign.Status)
		page, err := w.client.Reports.ListCampaigns(t.Context(),
			&hellio.CampaignListParams{Status: want})
		require.NoError(t, err)
		require.Len(t, page.Data, 1)
		w.fake.Advance(4 * time.Second)
	}
	campaign, err := w.client.Reports.WaitCampaign(t.Context(), sent.CampaignID)
	require.NoError(t, err)
	require.Equal(t, 3, campaign.TotalRecipients)
}

func messageStates(t *testing.T, w *world) {
	w.fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.ToNumber("233209990002"),
		helliotest.CarrierFail())
	_, err := w.client.SMS.Send(t.Context(), &hellio.SMSSendParams{
		Recipients: []string{"233209990001", "233209990002"}, Sender: "HELLIO", Message: "Hi",
	})
	require.NoError(t, err)
	for _, want := range [][2]hellio.MessageStatus{
		{hellio.MessageQueued, hellio.MessageQueued},
		{hellio.MessageSent, hellio.MessageSent},
		{hellio.MessageFailed, hellio.MessageDelivered},
	} {
		page, err := w.client.Reports.ListMessages(t.Context(), &hellio.MessageListParams{})
		require.NoError(t, err)
		require.Len(t, page.Data, 2)
		for i, m := range page.Data {
			require.Equal(t, want[i], m.Status)
			one, err := w.client.Reports.GetMessage(t.Context(), hellio.ID(m.Reference))
			require.NoError(t, err)
			require.Equal(t, m.ID, one.ID)
			_, err = w.client.Reports.GetMessage(t.Context(), m.ID)
			require.NoError(t, err)
		}
		w.fake.Advance(4 * time.Second)
	}
}

func messagePages(t *testing.T, w *world) {
	for range 3 {
		require.NoError(t, sendSMS(t, w.client))
	}
	w.fake.Advance(5 * time.Second)
	n := 0
	params := &hellio.MessageListParams{PerPage: 2, Status: hellio.MessageDelivered}
	for _, err := range w.client.Reports.Messages(t.Context(), params) {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 3, n)
}
