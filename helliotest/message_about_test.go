package helliotest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestAMessageIsFoundWithTheCallThatMadeIt(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	a.send(textTo("233209990001", "first"))
	f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.NotJSON())
	a.send(textTo("233209990002", "second"))
	first, second := f.Messages()[0], f.Messages()[1]
	found, ok := f.LookupMessage(first.ID)
	require.True(t, ok)
	require.Equal(t, first, found)
	call, ok := f.Origin(second.ID)
	require.True(t, ok, "though its answer was no JSON")
	require.Contains(t, string(call.Body), "second")
	require.Equal(t, helliotest.SMSSend, call.Op)

	require.Equal(t, 2, f.CountMessages())
	require.Equal(t, 1, f.CountMessages(helliotest.To("233209990002")))
	require.Zero(t, f.CountMessages(helliotest.To("233209990003")))

	for _, id := range []int64{0, -1, first.CampaignID, second.ID + 1} {
		_, found := f.LookupMessage(id)
		_, made := f.Origin(id)
		require.False(t, found || made, id)
		require.Empty(t, f.DeliveriesOf(id))
	}
}

func TestTheLastCallIsTheNewest(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	_, called := f.LastCall()
	require.False(t, called)
	a := newAPI(t, f)
	a.send(oneSMS)
	a.send(`{"recipients":["233209990003"],"sender":"NOBODY","message":"Hi"}`).refused(t, 422, "sender_not_approved")
	last, called := f.LastCall()
	require.True(t, called)
	require.Equal(t, "sender_not_approved", last.Code)
}

func TestAMessageOfASnapshotHasNoOrigin(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	newAPI(t, f).send(oneSMS)
	saved, err := f.Snapshot()
	require.NoError(t, err)
	again := helliotest.New(t, helliotest.FromSnapshot(saved))
	_, known := again.Origin(again.Messages()[0].ID)
	require.False(t, known)
}

func TestDeliveriesOfAMessageAreItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, &receiver{}, hookSecret))
		sendTo(t, f, someone)
		sendTo(t, f, someone)
		f.Advance(time.Minute)
		for _, m := range f.Messages() {
			of := f.DeliveriesOf(m.ID)
			require.Len(t, of, 1)
			require.Equal(t, m.ID, of[0].MessageID)
		}
	})
}

func TestAReplayWithAnEffect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &receiver{}
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		sendTo(t, f, someone)
		f.Advance(time.Minute)
		id := f.Deliveries()[0].ID
		require.NoError(t, f.ReplayWith(id, helliotest.WebhookDuplicate()))
		require.NoError(t, f.ReplayWith(id, helliotest.WebhookBadSignature()))
		seen := v.got()
		require.Len(t, seen, 4)
		require.Equal(t, seen[1], seen[2], "the same bytes and headers")
		require.True(t, seen[2].genuine(hookSecret))
		require.False(t, seen[3].genuine(hookSecret))
		require.Equal(t, "webhook_bad_signature", f.Deliveries()[0].Attempts[3].Fault)
		for _, rule := range []helliotest.Rule{helliotest.WebhookLose(), helliotest.LoseReply(), helliotest.Nth(1), {}} {
			require.ErrorContains(t, f.ReplayWith(id, rule), "takes WebhookDuplicate or WebhookBadSignature")
		}
	})
}
