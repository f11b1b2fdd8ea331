package hellioshadow_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/hellioshadow"
	"github.com/hellio-go/hellio/helliotest"
)

const number = "+233209990001"

func sms(recipients ...string) *hellio.SMSSendParams {
	return &hellio.SMSSendParams{
		Recipients: recipients,
		Sender:     "HELLIO",
		Message:    "Your parcel is here",
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// bend returns a middleware that edits the JSON body of each answer.
func bend(edit func(resp *http.Response, body map[string]any)) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(r)
			if err != nil {
				return resp, err
			}
			text, err := io.ReadAll(resp.Body)
			if err != nil {
				return nil, err
			}
			var body map[string]any
			_ = json.Unmarshal(text, &body)
			edit(resp, body)
			if body != nil {
				text, _ = json.Marshal(body)
			}
			resp.Body = io.NopCloser(bytes.NewReader(text))
			resp.ContentLength = int64(len(text))
			return resp, nil
		})
	}
}

// session makes calls of every kind, some of which are refused.
func session(t *testing.T, fake *helliotest.Fake, client *hellio.Client) {
	t.Helper()
	ctx := t.Context()
	sent, err := client.SMS.Send(ctx, sms(number, "+233209990002"))
	require.NoError(t, err)
	_, err = client.Reports.GetCampaign(ctx, hellio.ID(sent.Reference))
	require.NoError(t, err)
	_, err = client.SMS.Send(ctx, &hellio.SMSSendParams{
		Recipients: []string{number},
		Sender:     "NOBODY",
		Message:    "Hello",
	})
	require.Error(t, err)
	_, err = client.Reports.GetMessage(ctx, "999999")
	require.Error(t, err)
	for _, err := range client.Reports.Messages(ctx, &hellio.MessageListParams{PerPage: 1}) {
		require.NoError(t, err)
	}
	_, err = client.OTP.Send(ctx, &hellio.OTPSendParams{MobileNumber: number, Sender: "HELLIO"})
	require.NoError(t, err)
	for _, code := range []string{"000000", fake.OTP(number)} {
		_, err = client.OTP.Verify(ctx, &hellio.OTPVerifyParams{MobileNumber: number, Code: code})
		require.NoError(t, err)
	}
	hook, err := client.Webhooks.Create(ctx, &hellio.WebhookParams{URL: "https://a.example/hook"})
	require.NoError(t, err)
	require.NoError(t, client.Webhooks.Delete(ctx, hook.ID))
	_, err = client.Balance.Get(ctx)
	require.NoError(t, err)
	_, err = client.Balance.Pricing(ctx, "")
	require.NoError(t, err)
	_, err = client.USSD.Apps.Create(ctx, &hellio.USSDAppParams{
		Name:        "Airtime",
		CallbackURL: "https://a.example/ussd",
	})
	require.NoError(t, err)
	_, err = client.USSD.Apps.List(ctx, &hellio.USSDListParams{})
	require.NoError(t, err)
}

func TestAnswersOfTheFakeContradictNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t)
		shadow := hellioshadow.New(hellioshadow.WithFinding(func(f hellioshadow.Finding) {
			t.Errorf("found %+v", f)
		}))
		session(t, fake, fake.Client(hellio.WithMiddleware(shadow.Wrap)))
		report := shadow.Report()
		require.Equal(t, len(fake.Requests()), report.Answers)
		require.Equal(t, report.Answers, report.Compared)
		require.Zero(t, report.Dropped)
		require.Empty(t, report.Unknown)
		marks := make(map[string]hellioshadow.Mark)
		for _, m := range report.Marks {
			require.Empty(t, m.Contradicted, m.At)
			require.Positive(t, m.Confirmed, m.At)
			marks[m.At] = m
		}
		for at, basis := range map[string]string{
			"POST /sms/send 202":                          "documented",
			"POST /sms/send 202 header X-RateLimit-Limit": "documented",
			"POST /sms/send 202 data.reference":           "documented",
			"POST /sms/send 422 error":                    "documented",
			"POST /otp/verify 422 data.verified":          "documented",
			"POST /otp/verify 200 data.verified":          "documented",
			"GET /messages 200 data[].cost":               "decided",
			"GET /messages/{id} 404":                      "documented",
			"GET /balance 200 data.reserved":              "decided",
			"GET /ussd/apps 200 data[].callback_url":      "inferred",
			"DELETE /webhooks/{id} 204":                   "inferred",
		} {
			require.Equal(t, basis, marks[at].Basis, at)
		}
	})
}

func TestEachDifferenceIsReportedOnce(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	tests := []struct {
		name     string
		edit     func(resp *http.Response, body object)
		at, what string
	}{
		{
			"a member is absent",
			func(_ *http.Response, body object) { delete(body["data"].(object), "reserved") },
			"GET /balance 200 data.reserved", "absent",
		},
		{
			"a member is null",
			func(_ *http.Response, body object) { body["data"].(object)["reserved"] = nil },
			"GET /balance 200 data.reserved", "null",
		},
		{
			"a string is a number",
			func(_ *http.Response, body object) { body["data"].(object)["reserved"] = 1.5 },
			"GET /balance 200 data.reserved", "number",
		},
		{
			"an object is an array",
			func(_ *http.Response, body object) { body["data"] = []any{} },
			"GET /balance 200 data", "array",
		},
		{
			"an unknown member",
			func(_ *http.Response, body object) { body["data"].(object)["bonus"] = "1" },
			"GET /balance 200 data.bonus", "unknown_member",
		},
		{
			"an unknown member that may be a value",
			func(_ *http.Response, body object) { body["data"].(object)[number] = "1" },
			"GET /balance 200 data.*", "unknown_member",
		},
		{
			"an unknown member of the body",
			func(_ *http.Response, body object) { body["meta"] = object{} },
			"GET /balance 200 meta", "unknown_member",
		},
		{
			"an unknown status",
			func(resp *http.Response, _ object) { resp.StatusCode = 418 },
			"GET /balance 418", "unknown_status",
		},
		{
			"an unknown code",
			func(resp *http.Response, body object) {
				resp.StatusCode = 403
				delete(body, "data")
				body["message"], body["error"] = "No.", "plan_expired"
			},
			"GET /balance 403 error = plan_expired", "unknown_value",
		},
		{
			"an unknown code that may be a value",
			func(resp *http.Response, body object) {
				resp.StatusCode = 403
				delete(body, "data")
				body["message"], body["error"] = "No.", "483920"
			},
			"GET /balance 403 error = *", "unknown_value",
		},
		{
			"a required header is absent",
			func(resp *http.Response, body object) {
				resp.StatusCode = 429
				delete(body, "data")
				body["message"], body["error"] = "Slower.", "throttled"
				for _, name := range []string{"Limit", "Remaining", "Reset"} {
					resp.Header.Set("X-RateLimit-"+name, "0")
				}
			},
			"GET /balance 429 header Retry-After", "absent",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // after a 429 the limiter waits
				fake := helliotest.New(t)
				var found []hellioshadow.Finding
				shadow := hellioshadow.New(hellioshadow.WithFinding(func(f hellioshadow.Finding) {
					found = append(found, f)
				}))
				client := fake.Client(hellio.WithMiddleware(shadow.Wrap, bend(tt.edit)))
				for range 3 {
					_, _ = client.Balance.Get(t.Context(), hellio.WithMaxRetries(0))
				}
				require.Len(t, found, 1)
				require.Equal(t, tt.at, found[0].At)
				require.Equal(t, tt.what, found[0].What)
				require.Equal(t, 1, found[0].Count)
				report := shadow.Report()
				require.Equal(t, 3, times(report, tt.at, tt.what))
			})
		})
	}
}

// times returns how often a report has a difference.
func times(r hellioshadow.Report, at, what string) (n int) {
	for _, m := range r.Marks {
		if m.At == at {
			n += m.Contradicted[what]
		}
	}
	for _, f := range r.Unknown {
		if f.At == at && f.What == what {
			n += f.Count
		}
	}
	return n
}

func TestKeysOfFieldErrorsAreNotPrinted(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t)
	shadow := hellioshadow.New()
	client := fake.Client(hellio.WithMiddleware(shadow.Wrap, bend(
		func(resp *http.Response, body map[string]any) {
			resp.StatusCode = 422
			delete(body, "data")
			body["message"], body["error"] = "No.", "invalid_request"
			body["errors"] = map[string]any{"recipients.0": 1, "recipients.1": []string{"No."}}
		})))
	_, err := client.SMS.Send(t.Context(), sms(number))
	require.Error(t, err)
	require.Equal(t, 1, times(shadow.Report(), "POST /sms/send 422 errors.*", "number"))
}

func TestComparisonsPerSecondAreLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t, helliotest.WithRateLimit(0))
		shadow := hellioshadow.New(hellioshadow.WithPerSecond(3))
		client := fake.Client(hellio.WithMiddleware(shadow.Wrap))
		call := func(n int) {
			for range n {
				_, err := client.Balance.Get(t.Context())
				require.NoError(t, err)
			}
		}
		call(5)
		report := shadow.Report()
		require.Equal(t, []int{5, 3, 2}, []int{report.Answers, report.Compared, report.Dropped})
		time.Sleep(time.Second)
		call(2)
		report = shadow.Report()
		require.Equal(t, []int{7, 5, 2}, []int{report.Answers, report.Compared, report.Dropped})
		require.Equal(t, time.Second, report.To.Sub(report.From))
	})
}

func TestPanicOfTheFindingFunctionIsCounted(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t)
	shadow := hellioshadow.New(hellioshadow.WithFinding(func(hellioshadow.Finding) { panic("x") }))
	client := fake.Client(hellio.WithMiddleware(shadow.Wrap, bend(
		func(_ *http.Response, body map[string]any) { body["meta"] = 1 })))
	wallet, err := client.Balance.Get(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, wallet.Available)
	require.Equal(t, 1, shadow.Report().Dropped)
}

func TestConcurrentCallsAreAllCounted(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithRateLimit(0))
	shadow := hellioshadow.New(hellioshadow.WithPerSecond(1 << 30))
	client := fake.Client(hellio.WithMiddleware(shadow.Wrap))
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() {
			for range 50 {
				if _, err := client.Balance.Get(t.Context()); err != nil {
					t.Error(err)
				}
				shadow.Report()
			}
		})
	}
	calls.Wait()
	report := shadow.Report()
	require.Equal(t, 400, report.Answers)
	require.Equal(t, 400, report.Compared+report.Dropped)
	require.Empty(t, report.Unknown)
}
