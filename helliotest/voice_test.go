package helliotest_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// oneCall lasts two seconds: 16 characters.
const oneCall = `{"recipients":["+233209990001"],"text":"Your car is here"}`

func (a api) call(body string, header ...string) apiResponse {
	a.t.Helper()
	return a.do("POST", "/voice/send", body, header...)
}

func TestAcceptedCallsHaveAnID(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	resp := a.call(`{"recipients":["233209990001","+233 24 999 0002","233209990001","nope"],` +
		`"text":"Your car is here","voice":"nova","name":"Cars","caller_id":"NOBODY ASKS"}`)
	require.Equal(t, 202, resp.status, resp.body)
	data := resp.data(t)
	id, reference := data["id"], data["reference"]
	require.NotZero(t, id)
	require.NotEmpty(t, reference)
	require.Equal(t, map[string]any{
		"id":                  id,
		"reference":           reference,
		"campaign_id":         id,
		"status":              "queued",
		"accepted_recipients": 2.0,
		"invalid_recipients":  1.0,
		"estimated_cost":      "0.1800",
		"currency":            "GHS",
	}, data)
	byID, byReference := a.get(fmt.Sprintf("/voice/%.0f", id)),
		a.get(fmt.Sprintf("/voice/%s", reference))
	require.Equal(t, byID.body, byReference.body)
	require.Equal(t, "Cars", byID.data(t)["name"])
	a.get("/voice/999999").refused(t, 404, "not_found")
	a.get(fmt.Sprintf("/campaigns/%.0f", id)).refused(t, 404, "not_found")
	require.Empty(t, f.Messages())
}

func TestCallsLiveTheirLifeOnTheFakesClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		f.Fault(helliotest.VoiceSend, helliotest.Nth(1), helliotest.ToNumber("233209990002"),
			helliotest.CarrierFail())
		a := newAPI(t, f)
		sent := a.call(`{"recipients":["233209990001","233209990002","x"],` +
			`"text":"Your car is here"}`).data(t)
		path := fmt.Sprintf("/voice/%s", sent["reference"])
		want := map[string]any{
			"id":               sent["id"],
			"reference":        sent["reference"],
			"name":             nil,
			"status":           "queued",
			"total_recipients": 3.0,
			"answered":         0.0,
			"failed":           0.0,
			"duration_seconds": 0.0,
			"cost":             "0.0000",
			"currency":         "GHS",
			"created_at":       "2000-01-01T00:00:00+00:00",
			"completed_at":     nil,
		}
		require.Equal(t, want, a.get(path).data(t))
		require.Equal(t, helliotest.Wallet{
			Balance:   "100.0000",
			Available: "99.8200",
			Reserved:  "0.1800",
			Currency:  "GHS",
		}, f.Balance())

		time.Sleep(2 * time.Second)
		want["status"] = "processing"
		require.Equal(t, want, a.get(path).data(t))

		time.Sleep(28 * time.Second)
		want["status"] = "completed"
		want["answered"] = 1.0
		want["failed"] = 1.0
		want["duration_seconds"] = 2.0
		want["cost"], want["completed_at"] = "0.0900", "2000-01-01T00:00:30+00:00"
		require.Equal(t, want, a.get(path).data(t))
		require.Equal(t, helliotest.Wallet{
			Balance:   "99.9100",
			Available: "99.9100",
			Reserved:  "0.0000",
			Currency:  "GHS",
		}, f.Balance())
	})
}

func TestUnansweredCallsFailAndCostNothing(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	f.Fault(helliotest.VoiceSend, helliotest.Nth(1), helliotest.CarrierFail())
	a := newAPI(t, f)
	id := a.call(oneCall).data(t)["id"]
	f.Advance(time.Minute)
	data := a.get(fmt.Sprintf("/voice/%.0f", id)).data(t)
	require.Equal(t, "failed", data["status"])
	require.NotNil(t, data["completed_at"])
	require.Equal(t, "0.0000", data["cost"])
	require.Equal(t, "100.0000", f.Balance().Available)
}

func TestMagicNumbersChooseWhatBecomesOfACall(t *testing.T) {
	t.Parallel()
	for number, want := range map[string][]any{
		helliotest.NumberDelivered:   {"completed", 1.0, 0.0, "0.0900"},
		helliotest.NumberPorted:      {"completed", 1.0, 0.0, "0.0900"},
		helliotest.NumberFailed:      {"failed", 0.0, 1.0, "0.0000"},
		helliotest.NumberUnreachable: {"failed", 0.0, 1.0, "0.0000"},
	} {
		t.Run(number, func(t *testing.T) {
			t.Parallel()
			f := helliotest.New(t)
			a := newAPI(t, f)
			id := a.call(`{"recipients":["` + number + `","` + helliotest.NumberInvalid +
				`"],"text":"Your car is here"}`).data(t)["id"]
			f.Advance(time.Minute)
			data := a.get(fmt.Sprintf("/voice/%.0f", id)).data(t)
			require.Equal(t, want,
				[]any{data["status"], data["answered"], data["failed"], data["cost"]})
			require.Equal(t, 2.0, data["total_recipients"])
		})
	}
	newAPI(t, helliotest.New(t)).call(
		`{"recipients":["`+helliotest.NumberInvalid+`"],"text":"a"}`).
		refused(t, 422, "no_valid_recipients")
}

func TestCallsAreBilledByTheSecondOfAudio(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ audio, cost string }{
		"a character":         {`"text":"a"`, "0.0450"},
		"15 characters":       {`"text":"` + strings.Repeat("é", 15) + `"`, "0.0450"},
		"16 characters":       {`"text":"` + strings.Repeat("é", 16) + `"`, "0.0900"},
		"the longest text":    {`"text":"` + strings.Repeat("a", 1600) + `"`, "4.8150"},
		"a recording":         {`"audio_url":"https://example.com/a.mp3"`, "1.3500"},
		"a null beside it":    {`"audio_url":"https://example.com/a.mp3","text":null`, "1.3500"},
		"an empty one beside": {`"audio_url":"","text":"a"`, "0.0450"},
		"a voice beside it":   {`"audio_url":"http://example.com/a.mp3","voice":"echo"`, "1.3500"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := newAPI(t, helliotest.New(t)).call(`{"recipients":"233209990001",` + c.audio +
				`}`)
			require.Equal(t, 202, resp.status, resp.body)
			require.Equal(t, c.cost, resp.data(t)["estimated_cost"])
		})
	}
}

func TestAVoiceCallsChecksHaveAnOrder(t *testing.T) {
	t.Parallel()
	recording := `"audio_url":"` + helliotest.AudioError + `"`
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"fields before recipients": {`{"recipients":["x"]}`, 422, "invalid_request"},
		"recipients before audio": {
			`{"recipients":["x"],` + recording + `}`, 422, "no_valid_recipients",
		},
		"audio before the cap": {
			`{"recipients":["233209990001"],` + recording + `}`, 422, "audio_error",
		},
		"cap before balance": {oneCall, 403, "spend_limit_exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := helliotest.New(t, helliotest.WithBalance("0"),
				helliotest.WithSpendLimit("daily", "0.0800"))
			newAPI(t, f).call(c.body).refused(t, c.status, c.code)
		})
	}
	a := newAPI(t, helliotest.New(t, helliotest.WithBalance("0.0899")))
	a.call(oneCall).refused(t, 402, "insufficient_balance")
	a.token = helliotest.New(t).IssueToken("sms:send")
	a.call(oneCall).refused(t, 401, "unauthenticated")
}

func TestFieldsOfACall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fields string
		bad    []string
	}{
		"neither text nor audio": {`"recipients":["233209990001"]`, []string{"text", "audio_url"}},
		"both empty": {
			`"recipients":["233209990001"],"text":" ","audio_url":""`,
			[]string{"text", "audio_url"},
		},
		"both": {
			`"recipients":["233209990001"],"text":"a","audio_url":"https://example.com/a.mp3"`,
			[]string{"text"},
		},
		"a text too long": {
			`"recipients":["233209990001"],"text":"` + strings.Repeat("a", 1601) + `"`,
			[]string{"text"},
		},
		"no URL": {
			`"recipients":["233209990001"],"audio_url":"a.mp3"`, []string{"audio_url"},
		},
		"another scheme": {
			`"recipients":["233209990001"],"audio_url":"ftp://example.com/a.mp3"`,
			[]string{"audio_url"},
		},
		"no host": {
			`"recipients":["233209990001"],"audio_url":"https:///a.mp3"`, []string{"audio_url"},
		},
		"an unknown voice": {
			`"recipients":["233209990001"],"text":"a","voice":"robot"`, []string{"voice"},
		},
		"no recipients": {`"text":"a","recipients":[]`, []string{"recipients"}},
		"a recipient too long": {
			`"text":"a","recipients":["` + strings.Repeat("2", 21) + `"]`,
			[]string{"recipients.0"},
		},
		"everything that is used": {``, []string{"recipients", "text", "audio_url"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := newAPI(t, helliotest.New(t)).call(`{` + c.fields + `}`)
			resp.refused(t, 422, "invalid_request")
			require.ElementsMatch(t, c.bad, keysOf(resp.decoded(t)["errors"]))
		})
	}
}

func TestARepeatedCallUnderItsKeyIsReplayed(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	first, second := a.call(oneCall, "Idempotency-Key", "k"),
		a.call(oneCall, "Idempotency-Key", "k")
	require.Equal(t, first.body, second.body)
	require.Equal(t, "true", second.header.Get("Idempotent-Replayed"))
	require.Equal(t, "0.0900", f.Balance().Reserved)
}

func TestEachRouteHasItsScope(t *testing.T) {
	t.Parallel()
	for path, scope := range map[string]string{
		"POST /voice/send":   "voice",
		"GET /voice/1":       "voice",
		"POST /lookup":       "lookup",
		"GET /lookups":       "lookup",
		"GET /lookup/1":      "lookup",
		"POST /email/verify": "email:verify",
		"GET /campaigns":     "reports",
		"GET /campaigns/1":   "reports",
		"GET /pricing":       "balance",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			f := helliotest.New(t)
			method, route, _ := strings.Cut(path, " ")
			a := newAPI(t, f)
			a.token = f.IssueToken(scope)
			require.NotEqual(t, 403, a.do(method, route, "").status)
			a.token = f.IssueToken("sms:send", "otp", "webhooks", "ussd")
			a.do(method, route, "").refused(t, 403, "insufficient_scope")
		})
	}
}

// keysOf are the names in an object, sorted by no one.
func keysOf(object any) (names []string) {
	members, _ := object.(map[string]any)
	for name := range members {
		names = append(names, name)
	}
	return names
}
