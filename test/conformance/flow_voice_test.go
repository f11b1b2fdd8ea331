package conformance

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/contract"
)

func voiceFlows() []flow {
	return []flow{
		{"a call that reads a text", nil, callFlow(hellio.VoiceCompleted, hellio.VoiceSendParams{
			Recipients: []string{"+233209990001", helliotest.NumberFailed, "12"},
			Text:       "Your table is ready.",
			Voice:      hellio.VoiceNova,
			Name:       "Tables",
			CallerID:   "HELLIO",
		})},
		{
			"a call that plays a recording and is not answered",
			nil,
			callFlow(hellio.VoiceFailed, hellio.VoiceSendParams{
				Recipients: []string{helliotest.NumberUnreachable},
				AudioURL:   "https://example.com/ready.mp3",
			}),
		},
		{"a call whose recording cannot be fetched", nil, func(t *testing.T, w *world) {
			_, err := w.client.Voice.Send(t.Context(), &hellio.VoiceSendParams{
				Recipients: []string{"233209990001"},
				AudioURL:   helliotest.AudioError,
			})
			requireRefused(t, err, 422, contract.CodeAudioError)
		}},
		{"a call without a valid number", nil, func(t *testing.T, w *world) {
			_, err := w.client.Voice.Send(t.Context(), &hellio.VoiceSendParams{
				Recipients: []string{"12"},
				Text:       "Hi",
			})
			requireRefused(t, err, 422, contract.CodeNoValidRecipients)
		}},
		{"a call with explicit nulls", nil, func(t *testing.T, w *world) {
			require.Equal(t, 202, w.raw(t, "POST", "/voice/send",
				`{"recipients":["233209990001"],"text":"Hi","name":null}`).status)
		}},
		{"a call with invalid fields", lenient(), func(t *testing.T, w *world) {
			w.refuses(t, "POST", "/voice/send", map[string]string{
				"recipients": `{"recipients":[],"text":"Hi"}`,
				"text": `{"recipients":["233209990001"],"text":"Hi",` +
					`"audio_url":"https://example.com/a.mp3"}`,
				"audio_url": `{"recipients":["233209990001"],"audio_url":"a.mp3"}`,
				"voice":     `{"recipients":["233209990001"],"text":"Hi","voice":"bass"}`,
			})
		}},
	}
}

func callFlow(want hellio.VoiceStatus, p hellio.VoiceSendParams) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		sent, err := w.client.Voice.Send(t.Context(), &p)
		require.NoError(t, err)
		for range 2 {
			_, err = w.client.Voice.Get(t.Context(), hellio.ID(sent.Reference))
			require.NoError(t, err)
			w.fake.Advance(3 * time.Second)
		}
		calls, err := w.client.Voice.Wait(t.Context(), sent.ID)
		require.NoError(t, err)
		require.Equal(t, want, calls.Status)
	}
}
