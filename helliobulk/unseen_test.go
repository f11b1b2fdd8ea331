package helliobulk

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// restored is a batch of 15 numbers in 3 chunks that was sent, and whose store
// is a copy from the time when so many chunks were done.
func restored(t *testing.T, fake *helliotest.Fake, client *hellio.Client, done int) string {
	t.Helper()
	p := batchOf(t)
	p.Workers = 1
	_, err := Plan(t.Context(), client, Numbers(numbers(15)...), p)
	require.NoError(t, err)
	copied, err := os.ReadFile(p.Store)
	require.NoError(t, err)
	p.Progress = func(r Report) {
		if r.Done.Chunks == done && r.Unknown.Chunks == 0 {
			copied, err = os.ReadFile(p.Store)
			require.NoError(t, err)
		}
	}
	_, err = Run(t.Context(), client, Numbers(numbers(15)...), p)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(p.Store, copied, 0o600))
	require.Len(t, fake.Messages(), 15)
	return p.Store
}

func TestAnOldRestoredStoreIsHeld(t *testing.T) {
	t.Parallel()
	for _, done := range []int{0, 1, 2} {
		fake, client := newFake(t)
		path := restored(t, fake, client, done)
		fake.Advance(25 * time.Hour) // the fake forgets keys after 24
		for _, o := range []Options{{}, {AcceptReplays: true}, {RetryRejected: true}} {
			_, err := Resume(t.Context(), client, path, o)
			var unseen *MaybeSentError
			require.ErrorAs(t, err, &unseen)
			require.ErrorIs(t, err, ErrMaybeSent)
			require.Equal(t, 3-done, unseen.Campaigns)
			require.Equal(t, 3-done, unseen.Open.Chunks)
			require.ErrorContains(t, err, "planned 25h ago")
		}
		require.Len(t, fake.Messages(), 15)
		r, err := Resume(t.Context(), client, path, Options{SendUnseen: true})
		require.NoError(t, err)
		require.Equal(t, 15, r.Accepted)
		require.Len(t, fake.Messages(), 15+5*(3-done), "that is what was asked for")
	}
}

func TestAYoungRestoredStoreIsResumed(t *testing.T) {
	t.Parallel()
	for _, done := range []int{0, 1, 2} {
		fake, client := newFake(t)
		path := restored(t, fake, client, done)
		fake.Advance(11 * time.Hour)
		_, err := Resume(t.Context(), client, path, Options{})
		require.ErrorIs(t, err, ErrBatchReused)
		r, err := Resume(t.Context(), client, path, Options{AcceptReplays: true})
		require.NoError(t, err)
		requireEachOnce(t, fake, "100.0000", r, numbers(15))
	}
}

func TestALatePlanAgainIsHeld(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	_, err := Run(t.Context(), client, Numbers(numbers(15)...), batchOf(t))
	require.NoError(t, err)
	fake.Advance(25 * time.Hour)
	again := batchOf(t)
	again.AcceptReplays = true
	_, err = Run(t.Context(), client, Numbers(numbers(15)...), again)
	require.ErrorIs(t, err, ErrMaybeSent)
	require.Len(t, fake.Messages(), 15)
}

func TestOthersCampaignsDoNotHoldAnOldPlan(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b := planned(t, client, numbers(15))
	defer b.Close()
	require.NoError(t, b.Resolve(0, WasSent)) // by hand: it explains a campaign of its size
	for _, other := range []hellio.SMSSendParams{
		{Sender: "ACME", Message: "Fees are due.", Recipients: numbers(5)},
		{Sender: "ACME", Message: "Another text.", Recipients: numbers(5)},
		{Sender: "HELLIO", Message: "Fees are due.", Recipients: numbers(5)},
		{Sender: "ACME", Message: "Fees are due.", Recipients: numbers(4)},
	} {
		_, err := client.SMS.Send(t.Context(), &other)
		require.NoError(t, err)
	}
	fake.Advance(25 * time.Hour)
	require.NoError(t, b.Send(t.Context(), client, Options{}))
	require.Equal(t, 15, b.Report().Accepted)
}

func TestAnOldPlanIsHeldWithoutReports(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b := planned(t, client, numbers(15))
	defer b.Close()
	fake.Advance(13 * time.Hour)
	fake.Fault(helliotest.CampaignList, helliotest.Nth(1), helliotest.Status(403, ""))
	err := b.Send(t.Context(), client, Options{})
	var unseen *MaybeSentError
	require.ErrorAs(t, err, &unseen)
	var refused *hellio.PermissionError
	require.ErrorAs(t, unseen.Err, &refused)
	require.Empty(t, fake.Messages())
	require.NoError(t, b.Send(t.Context(), client, Options{}), "it has no such campaign")
}

func TestAYoungPlanNeedsNoLook(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b := planned(t, client, numbers(15))
	defer b.Close()
	fake.Advance(11 * time.Hour)
	require.NoError(t, b.Send(t.Context(), client, Options{}))
	for _, r := range fake.Requests() {
		require.NotEqual(t, helliotest.CampaignList, r.Op)
	}
}

func TestALookFindsTheChunksThatWereSent(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b, err := Open(restored(t, fake, client, 1))
	require.NoError(t, err)
	defer b.Close()
	params := &hellio.SMSSendParams{
		Sender:     "ACME",
		Message:    "Another text.",
		Recipients: numbers(15),
	}
	_, err = client.SMS.Send(t.Context(), params)
	require.NoError(t, err)
	looked, err := b.Look(t.Context(), client, []int{1, 2})
	require.NoError(t, err)
	require.True(t, looked.Sure, "it showed the messages of the chunk that is done")
	require.Len(t, looked.Sightings, 2)
	for i, sighting := range looked.Sightings {
		require.Equal(t, i+1, sighting.Chunk)
		require.Equal(t, 5, sighting.Listed)
		require.Len(t, sighting.Campaigns, 1)
		require.NoError(t, b.Resolve(sighting.Chunk, WasSent))
	}
	fake.Advance(25 * time.Hour)
	require.NoError(t, b.Send(t.Context(), client, Options{}))
	require.Equal(t, Count{2, 10}, b.Report().ByHand)
}

func TestALookThatShowsNothingIsNotSure(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	b := planned(t, client, numbers(5))
	defer b.Close()
	looked, err := b.Look(t.Context(), client, []int{0})
	require.NoError(t, err)
	require.False(t, looked.Sure)
	require.Equal(t, []Sighting{{Chunk: 0}}, looked.Sightings)
}

func TestALookTellsPersonalTextsApart(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	p := batchOf(t)
	p.Message = "Fees of {{child}} are due."
	p.Workers = 1
	list := people([2]string{number(0), "Ama"}, [2]string{number(0), "Kofi"})
	fake.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.Status(402, ""))
	_, err := Run(t.Context(), client, list, p)
	require.ErrorIs(t, err, ErrUnfinished)
	b, err := Open(p.Store)
	require.NoError(t, err)
	defer b.Close()
	looked, err := b.Look(t.Context(), client, []int{1})
	require.NoError(t, err)
	require.True(t, looked.Sure)
	require.Zero(t, looked.Sightings[0].Listed)
}
