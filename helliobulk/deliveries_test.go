package helliobulk

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

func TestDeliveriesAreThoseOfTheBatchsMessages(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b := planned(t, client, numbers(6))
	defer b.Close()
	require.NoError(t, b.Send(t.Context(), client, Options{}))
	_, err := client.SMS.Send(t.Context(), &hellio.SMSSendParams{
		Sender:     "ACME",
		Message:    "Fees are due.",
		Recipients: []string{number(0)},
	})
	require.NoError(t, err)
	d, err := b.Deliveries(t.Context(), client)
	require.NoError(t, err)
	statuses := map[string]hellio.MessageStatus{}
	for _, m := range fake.Messages() {
		statuses[fmt.Sprint(m.CampaignID)+m.MobileNumber] = hellio.MessageStatus(m.Status)
	}
	n := 0
	for r, err := range b.Recipients() {
		require.NoError(t, err)
		one, ok := d.Of(r)
		require.True(t, ok)
		require.Equal(t, statuses[r.Campaign.String()+r.Number], one.Status)
		n++
	}
	require.Equal(t, 6, n)
}
