package hellio

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A paid call whose answer has come whole has a result, whatever became of the context meanwhile.
func TestAnswerThatIsWholeCountsThoughTheContextHasEnded(t *testing.T) {
	for name, end := range map[string]func(cancel func()){
		"the caller's":       func(cancel func()) { cancel() },
		"that of an attempt": func(func()) { time.Sleep(attemptTimeout + time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				s := newStub(replyBody(202, func(context.Context) io.ReadCloser {
					return &endingBody{Reader: strings.NewReader(sentBody), end: func() { end(cancel) }}
				}))
				sent, err := stubbed(t, s).SMS.Send(ctx, oneSMS())
				require.NoError(t, err)
				require.Equal(t, ID("7731"), sent.CampaignID)
				require.Len(t, s.requests(), 1)
			})
		})
	}
}

// endingBody gives what it has, and does something before it tells the end.
type endingBody struct {
	io.Reader
	end func()
}

func (b *endingBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		b.end()
	}
	return n, err
}

func (b *endingBody) Close() error { return nil }

func TestTimeLimitWithinABodyIsAnAcceptanceThatTimedOut(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		endless := replyBody(202, func(ctx context.Context) io.ReadCloser { return &endlessBody{ctx} })
		err := verifyEmail(t.Context(), stubbed(t, newStub(endless)))
		var unread *DecodeError
		require.ErrorAs(t, err, &unread)
		require.Equal(t, timeoutError{}, unread.Err)
		require.NotErrorIs(t, err, context.DeadlineExceeded, "the caller has not given up")
		requireOutcome(t, OutcomeAccepted, err)

		s := newStub(endless, reply(202, sentBody, "Idempotent-Replayed", "true"))
		require.NoError(t, sendSMS(t.Context(), stubbed(t, s)), "the key gets the stored answer")
		require.GreaterOrEqual(t, s.gaps()[0], attemptTimeout)
	})
}

func TestCallerWhoGivesUpWithinABodyIsToldSoWhereNothingIsTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		err := verifyEmail(ctx, stubbed(t, newStub(replyBody(202, func(ctx context.Context) io.ReadCloser { return &endlessBody{ctx} }))))
		require.ErrorIs(t, err, context.Canceled)
		requireOutcome(t, OutcomeAccepted, err)
	})
}

// What one attempt's answer held before it proved unreadable must not end up in the result of the next.
func TestResultHoldsNothingOfAnEarlierUnreadableAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		odd := reply(202, `{"data":{"reference":"of the first","segments":"many"}}`)
		_, err := stubbed(t, newStub(odd, reply(202, `{"ok":true}`))).SMS.Send(t.Context(), oneSMS())
		requireOutcome(t, OutcomeAccepted, err)

		sent, err := stubbed(t, newStub(odd, reply(202, `{"data":{"segments":2}}`))).SMS.Send(t.Context(), oneSMS())
		require.NoError(t, err)
		require.Equal(t, 2, sent.Segments)
		require.Empty(t, sent.Reference)
	})
}

// The API answers with JSON or with nothing; a page is what a portal or proxy puts in its place.
func TestEmpty2xxOfAnAPITypeIsAccepted(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"", "application/json", "application/problem+json"} {
		requireOutcome(t, OutcomeAccepted, sendOnce(t, reply(200, ``, "Content-Type", contentType)))
	}
	requireOutcome(t, OutcomeUnknown, sendOnce(t, reply(200, ``, "Content-Type", "text/html")))
	for contentType, want := range map[string]Outcome{
		"": OutcomeUnknown, "text/html": OutcomeUnknown, "application/json": OutcomeAccepted, "application/vnd.api+json; charset=utf-8": OutcomeAccepted,
	} {
		requireOutcome(t, want, sendOnce(t, reply(200, `<`, "Content-Type", contentType)))
	}
}

func TestUnreadableAnswerIsDescribedWithoutBeingQuoted(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"data":{"reference":Quoted}}`:        "the response is not JSON: at byte 22",
		`{"data":{"segments":233209990001.5}}`: "the response's data.segments is a JSON number, want int",
		`{"data":{"reference":233209990001}}`:  "the response's data.reference is a JSON number, want string",
		`{"ok":true}`:                          "the response has no data",
		``:                                     "the response is empty",
	} {
		var unread *DecodeError
		require.ErrorAs(t, sendOnce(t, reply(202, body)), &unread)
		require.EqualError(t, unread.Err, want)
	}
}
