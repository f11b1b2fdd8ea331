package helliotest

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestACallbacksAnswerIsReadStrictly(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]*ussdAnswer{
		`{"message":"m","action":"continue"}`:        {"m", actionContinue},
		` {"action":"end","message":"","more":[1]} `: {"", actionEnd},
		`{"message":"m","action":"end"} trailing`:    nil,
		`{"message":"m","action":"END"}`:             nil,
		`{"Message":"m","Action":"end"}`:             nil,
		`{"message":5,"action":"end"}`:               nil,
		`{"message":null,"action":"end"}`:            nil,
		`{"message":"m","action":null}`:              nil,
		`{"message":"m"}`:                            nil,
		`[{"message":"m","action":"end"}]`:           nil,
		`null`:                                       nil,
		`"CON m"`:                                    nil,
		`CON m`:                                      nil,
		``:                                           nil,
		"{\"message\":\"\xff\",\"action\":\"end\"}":  nil,
	} {
		got, err := parseAnswer([]byte(body))
		require.Equal(t, want == nil, err != nil, body)
		if want != nil {
			require.Equal(t, *want, got, body)
		}
	}
}

func FuzzCallbackAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"message":"Airtime\n1. MTN","action":"continue"}`, `{"message":"m","action":"END"}`,
		`[]`, `null`, `CON m`, "{\"message\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		answer, err := parseAnswer(body)
		if err != nil {
			require.Zero(t, answer)
			return
		}
		var members map[string]any
		require.NoError(t, json.Unmarshal(body, &members))
		require.Equal(t, members["message"], answer.message)
		require.Equal(t, members["action"], answer.action)
		require.Contains(t, []string{"continue", "end"}, answer.action)
		require.True(t, utf8.ValidString(answer.message))
	})
}
