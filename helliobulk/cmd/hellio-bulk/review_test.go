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

// forgotten is a desk with a batch of 15 numbers in 3 chunks: of chunk 1 the
// reply was lost, the process ended, and a day has gone by, after which the
// fake has forgotten the key.
func forgotten(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	ctx, cancel := context.WithCancel(t.Context())
	options := d.options
	d.ctx = ctx
	d.options = append(options, hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}),
		hellio.WithAttemptHook(func(_ context.Context, a hellio.Attempt) {
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
	require.Contains(t, e.err, "planned 25h ago, and the API lists 1 campaigns")
	require.Contains(t, e.err, "although up to 5 recipients may get the message a second time")
	e = d.run("resume", "-store", d.store(), "-confirm", "fees")
	require.Equal(t, statusReview, e.status)
	require.Contains(t, e.err, "hellio-bulk review -store "+d.store()+" -look")
	d.requireDoubles(0)
	return d
}

// requireDoubles checks that 15 numbers have their message, and how many have
// two.
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

func TestAForgottenKeyNeedsReview(t *testing.T) {
	t.Parallel()
	d := forgotten(t)
	for range 2 {
		e := d.run("review", "-store", d.store())
		require.Equal(t, statusReview, e.status)
		require.Contains(t, e.out, "last answer")
		require.Regexp(t, `(?m)^1 +5 +needs review +.* ago +1 +none +not looked for *$`, e.out)
		require.Equal(t, statusReview, d.run("resume", "-store", d.store()).status)
		require.Equal(t, statusReview, d.run("status", "-store", d.store()).status)
	}
	d.requireDoubles(0)
	e := d.run("review", "-store", d.store(), "-json")
	require.Equal(t, 1, events(t, e.out)[0].Chunk.Index)
}

func TestALookSaysWhatWasSent(t *testing.T) {
	t.Parallel()
	d := forgotten(t)
	client := d.fake.Client(d.options...)
	other := hellio.SMSSendParams{
		Sender:     "ACME",
		Message:    "Something else.",
		Recipients: []string{number(5), number(6), number(7), number(8), number(9)},
	}
	_, err := client.SMS.Send(t.Context(), &other)
	require.NoError(t, err)
	e := d.run("review", "-store", d.store(), "-look")
	require.Equal(t, statusReview, e.status)
	require.Regexp(t, `(?m)^1 +5 +needs review .* 5 of 5 *$`, e.out)
	require.Equal(t, []string{"review", "-store", d.store(), "-sent", "1"}, nextCommand(t, e))
	e = d.run("review", "-store", d.store(), "-look", "-json")
	require.Equal(t, 5, events(t, e.out)[0].Sighting.Listed)
	e = d.run("review", "-store", d.store(), "-sent", "1")
	require.Equal(t, statusDone, e.status, e.err)
	require.Contains(t, e.out, "what 5 recipients cost is not known")
	d.env["HELLIO_API_TOKEN"] = d.fake.IssueToken()
	require.Equal(t, statusDone, d.run("review", "-store", d.store(), "-look").status)
}

func TestALookProvesWhatWasNotSent(t *testing.T) {
	t.Parallel()
	d := newDesk(t, helliotest.AllowUnusedFaults())
	ctx, cancel := context.WithCancel(t.Context())
	options := d.options
	d.ctx = ctx
	d.options = append(options, hellio.WithAttemptHook(func(_ context.Context, a hellio.Attempt) {
		if a.Err != nil {
			cancel()
		}
	}))
	d.fake.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.LoseRequest())
	require.Equal(t, statusUnfinished, d.run(d.send(d.list(15), "-yes", "-workers", "1")...).status)
	d.ctx = t.Context()
	d.options = options
	d.fake.Advance(25 * time.Hour)
	require.Equal(t, statusReview, d.run("resume", "-store", d.store()).status)
	e := d.run("review", "-store", d.store(), "-look")
	require.Equal(t, []string{"review", "-store", d.store(), "-not-sent", "1"}, nextCommand(t, e))
	e = d.run(nextCommand(t, e)...)
	require.Equal(t, statusUnfinished, e.status)
	require.Equal(t, statusDone, d.run("resume", "-store", d.store()).status)
	d.requireEachOnce(15)
}

func TestAResolutionSettlesAChunk(t *testing.T) {
	t.Parallel()
	for flag, c := range map[string]struct{ status, resumed, doubles int }{
		"-sent": {statusDone, statusDone, 0},
		// they were wrong: the API has the campaign
		"-not-sent": {statusUnfinished, statusReview, 0},
	} {
		t.Run(flag, func(t *testing.T) {
			t.Parallel()
			d := forgotten(t)
			require.Equal(t, statusUsage, d.run("review", "-store", d.store(), flag, "0").status,
				"a chunk that is done")
			require.Equal(t, statusUsage, d.run("review", "-store", d.store(), flag, "9").status,
				"a chunk that is not there")
			require.Equal(t, statusUsage,
				d.run("review", "-store", d.store(), flag, "1", "-resend").status)
			e := d.run("review", "-store", d.store(), flag, "1")
			require.Equal(t, c.status, e.status, e.err)
			require.Equal(t, c.resumed, d.run("resume", "-store", d.store()).status)
			require.Equal(t, c.status, d.run("status", "-store", d.store()).status)
			require.Equal(t, c.status, d.run("review", "-store", d.store()).status)
			d.requireDoubles(c.doubles)
		})
	}
}

func TestResendingNeedsTheBatchsID(t *testing.T) {
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
	require.Equal(t, statusDeclined,
		d.run("review", "-store", d.store(), "-resend", "-confirm", "other").status)
	require.Equal(t, statusDone,
		d.run("review", "-store", d.store(), "-resend", "-confirm", "fees").status)
	d.requireDoubles(5)
}

func TestSpansOfChunksAreRead(t *testing.T) {
	t.Parallel()
	var x indexes
	require.NoError(t, x.Set("3, 7-9"))
	require.NoError(t, x.Set("1"))
	require.Equal(t, "3,7-9,1", x.String())
	for _, bad := range []string{"", "-1", "2-1", "a", "1-", "0-9999999"} {
		require.Error(t, x.Set(bad), bad)
	}
}

func TestEnqueuingReportsChunksInReview(t *testing.T) {
	t.Parallel()
	d := forgotten(t)
	withRedis(t, d)
	require.Equal(t, statusReview, d.run("enqueue", "-store", d.store()).status)
	d.requireDoubles(0)
}
