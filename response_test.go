package hellio

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A paid call with a whole response has a result, even if its context has ended
// meanwhile.
func TestWholeResponseCountsAfterTheContextEnds(t *testing.T) {
	for name, end := range map[string]func(cancel func()){
		"the caller's":       func(cancel func()) { cancel() },
		"that of an attempt": func(func()) { time.Sleep(attemptTimeout + time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				s := newStub(replyBody(202, func(context.Context) io.ReadCloser {
					return &endingBody{Reader: strings.NewReader(sentBody), end: func() {
						end(cancel)
					}}
				}))
				sent, err := stubbed(t, s).SMS.Send(ctx, oneSMS())
				require.NoError(t, err)
				require.Equal(t, ID("7731"), sent.CampaignID)
				require.Len(t, s.requests(), 1)
			})
		})
	}
}

// endingBody returns its text, and calls end before it reports the end.
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

func TestTimeoutWithinABodyIsAccepted(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		stalled := replyBody(202, func(ctx context.Context) io.ReadCloser {
			return &endlessBody{ctx}
		})
		err := verifyEmail(t.Context(), stubbed(t, newStub(stalled)))
		var unread *DecodeError
		require.ErrorAs(t, err, &unread)
		require.Equal(t, timeoutError{}, unread.Err)
		require.NotErrorIs(t, err, context.DeadlineExceeded, "the caller has not cancelled")
		requireOutcome(t, OutcomeAccepted, err)

		s := newStub(stalled, reply(202, sentBody, "Idempotent-Replayed", "true"))
		require.NoError(t, sendSMS(t.Context(), stubbed(t, s)),
			"the retry returns the stored response")
		require.GreaterOrEqual(t, s.gaps()[0], attemptTimeout)
	})
}

func TestCancellationWithinABodyIsReported(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		err := verifyEmail(ctx,
			stubbed(t, newStub(replyBody(202, func(ctx context.Context) io.ReadCloser {
				return &endlessBody{ctx}
			}))))
		require.ErrorIs(t, err, context.Canceled)
		requireOutcome(t, OutcomeAccepted, err)
	})
}

// A result must hold no part of an unreadable response of an earlier attempt.
func TestResultHoldsNothingOfAnEarlierAttempt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		odd := reply(202, `{"data":{"reference":"of the first","segments":"many"}}`)
		client := stubbed(t, newStub(odd, reply(202, `{"ok":true}`)))
		_, err := client.SMS.Send(t.Context(), oneSMS())
		requireOutcome(t, OutcomeAccepted, err)

		sent, err := stubbed(t,
			newStub(odd, reply(202, `{"data":{"segments":2}}`))).SMS.Send(t.Context(), oneSMS())
		require.NoError(t, err)
		require.Equal(t, 2, sent.Segments)
		require.Empty(t, sent.Reference)
	})
}

// The API responds with JSON or an empty body. A page comes from a portal or a
// proxy.
func TestEmpty2xxOfAnAPITypeIsAccepted(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"", "application/json", "application/problem+json"} {
		requireOutcome(t, OutcomeAccepted, sendOnce(t, reply(200, ``, "Content-Type", contentType)))
	}
	requireOutcome(t, OutcomeUnknown, sendOnce(t, reply(200, ``, "Content-Type", "text/html")))
	for contentType, want := range map[string]Outcome{
		"":                 OutcomeUnknown,
		"text/html":        OutcomeUnknown,
		"application/json": OutcomeAccepted,
		"application/vnd.api+json; charset=utf-8": OutcomeAccepted,
	} {
		requireOutcome(t, want, sendOnce(t, reply(200, `<`, "Content-Type", contentType)))
	}
}

func TestUnreadableResponseIsDescribedWithoutBeingQuoted(t *testing.T) {
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

// decoders returns every result that the client decodes from a response.
func decoders() map[string]interface{ decode([]byte) error } {
	return map[string]interface{ decode([]byte) error }{
		"SMSSendResult":       new(answer[SMSSendResult]),
		"OTPSendResult":       new(answer[OTPSendResult]),
		"otpVerdict":          new(answer[otpVerdict]),
		"VoiceSendResult":     new(answer[VoiceSendResult]),
		"VoiceCampaign":       new(answer[flexibleObject[VoiceCampaign]]),
		"LookupBatch":         new(answer[LookupBatch]),
		"Lookup":              new(answer[flexibleObject[Lookup]]),
		"Page[Lookup]":        new(answer[Page[Lookup]]),
		"emailResults":        new(answer[emailResults]),
		"Balance":             new(answer[Balance]),
		"[]Price":             new(answer[[]Price]),
		"Message":             new(answer[flexibleObject[Message]]),
		"Page[Message]":       new(answer[Page[Message]]),
		"Campaign":            new(answer[flexibleObject[Campaign]]),
		"Page[Campaign]":      new(answer[Page[Campaign]]),
		"Webhook":             new(answer[Webhook]),
		"[]Webhook":           new(answer[[]Webhook]),
		"nothing":             new(answer[noContent]),
		"USSDPricing":         new(answer[USSDPricing]),
		"USSDAvailability":    new(answer[USSDAvailability]),
		"USSDSimulateResult":  new(answer[USSDSimulateResult]),
		"USSDApp":             new(answer[USSDApp]),
		"Page[USSDApp]":       new(answer[Page[USSDApp]]),
		"USSDExtension":       new(answer[USSDExtension]),
		"Page[USSDExtension]": new(answer[Page[USSDExtension]]),
		"USSDSession":         new(answer[flexibleObject[USSDSession]]),
		"Page[USSDSession]":   new(answer[Page[USSDSession]]),
		"AccessToken":         new(answer[AccessToken]),
	}
}

// FuzzDecoders checks that no decoder panics on any response, and that each
// decoder without an error has a result.
func FuzzDecoders(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "golden", "*.json"))
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for name, d := range decoders() {
			if err := d.decode(body); err != nil {
				continue
			}
			data := reflect.ValueOf(d).Elem().FieldByName("body").FieldByName("Data")
			require.False(t, data.IsNil(), name)
			require.True(t, name == "nothing" || json.Valid(body), name)
		}
	})
}
