package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// forgotten is a desk with a batch of 15 numbers in 3 chunks: of chunk 1 the reply was lost, the process ended, and a day has gone by, after
// which the fake has forgotten the key.
func forgotten(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	ctx, cancel := context.WithCancel(t.Context())
	options := d.options
	d.ctx = ctx
	d.options = append(options, hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}), hellio.WithAttemptHook(func(_ context.Context, a hellio.Attempt) {
		if a.Err != nil {
			cancel()
		}
	}))
	d.fake.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.LoseReply())
	e := d.run(d.send(d.list(15), "-yes", "-workers", "1")...)
	require.Equal(t, statusUnfinished, e.status)
	require.Contains(t, e.out, "unknown        5 recipients in 1 chunk\n")
	d.ctx, d.options = t.Context(), options
	d.fake.Advance(25 * time.Hour)
	e = d.run("resume", "-store", d.store())
	require.Equal(t, statusReview, e.status)
	require.Contains(t, e.err, "hellio-bulk review -store "+d.store())
	d.requireDoubles(0)
	return d
}

// requireDoubles checks that 15 numbers have their message, and how many have two.
func (d *desk) requireDoubles(want int) {
	d.t.Helper()
	count, doubles := map[string]int{}, 0
	for _, m := range d.fake.Messages() {
		if count[m.MobileNumber]++; count[m.MobileNumber] == 2 {
			doubles++
		}
	}
	require.Len(d.t, count, 15)
	require.Equal(d.t, want, doubles)
}

func TestAForgottenKeyNeedsReviewAndDoublesNobody(t *testing.T) {
	t.Parallel()
	d := forgotten(t)
	for range 2 {
		e := d.run("review", "-store", d.store())
		require.Equal(t, statusReview, e.status)
		require.Contains(t, e.out, "last answer")
		require.Regexp(t, `(?m)^1 +5 +\d{4}-.* ago +1 +none +[0-9a-f-]{36} *$`, e.out)
		require.Equal(t, statusReview, d.run("resume", "-store", d.store()).status)
		require.Equal(t, statusReview, d.run("status", "-store", d.store()).status)
	}
	d.requireDoubles(0)
	e := d.run("review", "-store", d.store(), "-json")
	require.Equal(t, 1, events(t, e.out)[0].Chunk.Index)
}

func TestALookAtTheReportsTellsWhichCampaignMayBeTheChunks(t *testing.T) {
	t.Parallel()
	d := forgotten(t)
	client := d.fake.Client(d.options...)
	for _, other := range []hellio.SMSSendParams{ // of another size, another sender, another day
		{Sender: "ACME", Recipients: []string{number(90)}}, {Sender: "HELLIO", Recipients: []string{number(90), number(91), number(92), number(93), number(94)}},
		{Sender: "ACME", Recipients: []string{number(90), number(91), number(92), number(93), number(94)}},
	} {
		other.Message = "Something else."
		_, err := client.SMS.Send(t.Context(), &other)
		require.NoError(t, err)
	}
	lost := d.fake.Messages(helliotest.To(number(5)))[0]
	e := d.run("review", "-store", d.store(), "-look")
	require.Equal(t, statusReview, e.status)
	require.Regexp(t, fmt.Sprintf(`(?m)^1 +5 .* %d *$`, lost.CampaignID), e.out)
	e = d.run("review", "-store", d.store(), "-look", "-json")
	require.Equal(t, []hellio.ID{hellio.ID(fmt.Sprint(lost.CampaignID))}, events(t, e.out)[0].Campaigns)
	d.env["HELLIO_API_TOKEN"] = d.fake.IssueToken()
	require.Equal(t, statusAccount, d.run("review", "-store", d.store(), "-look").status)
}

func TestWhatPeopleFoundOutSettlesAChunk(t *testing.T) {
	t.Parallel()
	for flag, c := range map[string]struct{ status, doubles int }{
		"-sent":     {statusDone, 0},
		"-not-sent": {statusUnfinished, 5}, // they were wrong, and the key is forgotten
	} {
		t.Run(flag, func(t *testing.T) {
			t.Parallel()
			d := forgotten(t)
			require.Equal(t, statusUsage, d.run("review", "-store", d.store(), flag, "0").status, "a chunk that is done")
			require.Equal(t, statusUsage, d.run("review", "-store", d.store(), flag, "9").status, "a chunk that is not there")
			require.Equal(t, statusUsage, d.run("review", "-store", d.store(), flag, "1", "-resend").status)
			e := d.run("review", "-store", d.store(), flag, "1")
			require.Equal(t, c.status, e.status, e.err)
			require.Equal(t, statusDone, d.run("resume", "-store", d.store()).status)
			require.Equal(t, statusDone, d.run("status", "-store", d.store()).status)
			require.Equal(t, statusDone, d.run("review", "-store", d.store()).status)
			d.requireDoubles(c.doubles)
		})
	}
}

func TestAllIsResentOnlyWhenTheBatchIsTyped(t *testing.T) {
	t.Parallel()
	for answer, c := range map[string]struct{ status, doubles int }{
		"":       {statusNobody, 0},
		"y\n":    {statusDeclined, 0},
		"fee\n":  {statusDeclined, 0},
		"fees\n": {statusDone, 5},
	} {
		t.Run(fmt.Sprintf("%q", answer), func(t *testing.T) {
			t.Parallel()
			d := forgotten(t)
			d.answer = answer
			e := d.run("review", "-store", d.store(), "-resend")
			require.Equal(t, c.status, e.status, e.err)
			d.requireDoubles(c.doubles)
		})
	}
	d := forgotten(t)
	require.Equal(t, statusDeclined, d.run("review", "-store", d.store(), "-resend", "-confirm", "other").status)
	require.Equal(t, statusDone, d.run("review", "-store", d.store(), "-resend", "-confirm", "fees").status)
	d.requireDoubles(5)
}

func TestSpansOfChunksAreRead(t *testing.T) {
	t.Parallel()
	var x indexes
	require.NoError(t, x.Set("3, 7-9"))
	require.NoError(t, x.Set("1"))
	require.Equal(t, "3,7,8,9,1", x.String())
	for _, bad := range []string{"", "-1", "2-1", "a", "1-", "0-9999999"} {
		require.Error(t, x.Set(bad), bad)
	}
}

func TestAnEnqueuingTellsOfWhatNoFleetCanSeeTo(t *testing.T) {
	t.Parallel()
	d := forgotten(t)
	withRedis(t, d)
	require.Equal(t, statusReview, d.run("enqueue", "-store", d.store()).status)
	d.requireDoubles(0)
}
