package helliotest_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// menu is a callback that keeps what it was sent; it goes on until the input is
// 0.
type menu struct {
	mu     sync.Mutex
	seen   []*http.Request
	bodies []string
}

func (m *menu) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	m.mu.Lock()
	m.seen, m.bodies = append(m.seen, r), append(m.bodies, string(body))
	m.mu.Unlock()
	action := "continue"
	if strings.Contains(string(body), `"input":"0"`) {
		action = "end"
	}
	_, _ = w.Write([]byte(`{"message":"Airtime\n1. MTN","action":"` + action + `","extra":1}`))
}

func signed(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

// step plays a step of the session s of an app.
func (a api) step(app, input string) apiResponse {
	a.t.Helper()
	body, err := json.Marshal(map[string]any{
		"app_id":     app,
		"session_id": "s",
		"msisdn":     "233209990001",
		"input":      input,
	})
	require.NoError(a.t, err)
	return a.post("/ussd/simulate", string(body))
}

func TestCallbacksAreSignedAndInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := new(menu)
		f := helliotest.New(t, helliotest.WithUSSDHandler(callbackURL, m))
		a := newAPI(t, f)
		app := a.post("/ussd/apps", oneApp).data(t)
		id := app["id"].(string)
		first := a.post("/ussd/simulate",
			`{"app_id":"`+id+
				`","session_id":"s","msisdn":"233209990001","input":null,"new_session":true,`+
				`"service_code":null}`)
		require.Equal(t, http.StatusOK, first.status, first.body)
		require.Equal(t,
			map[string]any{"message": "Airtime\n1. MTN", "action": "continue", "continue": true}, first.data(t))
		require.Equal(t, "continue", a.step(id, "1").data(t)["action"])
		require.Equal(t,
			map[string]any{"message": "Airtime\n1. MTN", "action": "end", "continue": false}, a.step(id, "0").data(t))

		for i, input := range []string{"", "1", "0"} {
			require.JSONEq(t,
				`{"sessionId":"s","msisdn":"233209990001","serviceCode":"*920#","input":"`+input+
					`","sequence":`+string(rune('1'+i))+`,"mode":"test"}`, m.bodies[i])
			h := m.seen[i].Header
			require.Equal(t, signed(app["test_secret"].(string), m.bodies[i]),
				h.Get("X-Hellio-Signature"))
			require.Equal(t, "application/json", h.Get("Content-Type"))
			require.Empty(t, h.Values("X-Hellio-Signature-V2"))
			require.Equal(t, []string{"POST", "menu.example", "/ussd", "/ussd"},
				[]string{
					m.seen[i].Method, m.seen[i].Host, m.seen[i].URL.String(), m.seen[i].RequestURI,
				})
		}
		require.Equal(t, "100.0000", f.Balance().Available)

		rotated := a.post("/ussd/apps/"+id+"/rotate-secret", `{"mode":"test"}`).data(t)["test_secret"].(string)
		a.post("/ussd/simulate",
			`{"app_id":"`+id+`","session_id":"t","msisdn":"233209990001","service_code":"*713#"}`)
		require.Equal(t, signed(rotated, m.bodies[3]), m.seen[3].Header.Get("X-Hellio-Signature"))
		require.Contains(t, m.bodies[3], `"serviceCode":"*713#"`)
	})
}

func TestStepsAreRecordedAsASandboxSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t, helliotest.New(t, helliotest.WithUSSDHandler(callbackURL, new(menu))))
		app := a.app()
		a.step(app, "")
		time.Sleep(time.Minute)
		a.step(app, "0")
		session := a.get("/ussd/sessions/s").data(t)
		id := session["id"].(string)
		require.Equal(t, session, a.get("/ussd/sessions/"+id).data(t))
		require.Equal(t, map[string]any{
			"id":           id,
			"session_ref":  "s",
			"msisdn":       "233209990001",
			"service_code": "*920#",
			"status":       "ended",
			"steps":        2.0,
			"charge":       nil,
			"sandbox":      true,
			"started_at":   "2000-01-01T00:00:00+00:00",
			"ended_at":     "2000-01-01T00:01:00+00:00",
		}, session)
		a.step(app, "1").refused(t, 422, "invalid_request")

		a.post("/ussd/simulate",
			`{"app_id":"`+app+`","session_id":"s","msisdn":"233209990001","new_session":true}`)
		rows := a.get("/ussd/sessions").rows(t)
		require.Equal(t, []any{"active", "ended"}, []any{rows[0]["status"], rows[1]["status"]})
		require.Nil(t, rows[0]["ended_at"])
		require.Equal(t, rows[0], a.get("/ussd/sessions/s").data(t), "the newest of that name")
		require.Len(t, a.get("/ussd/sessions?status=active").rows(t), 1)
		require.Empty(t, a.get("/ussd/sessions?status=unheard").rows(t))

		a.post("/ussd/simulate",
			`{"app_id":"`+app+`","session_id":"s","msisdn":"233209990001","new_session":true}`)
		require.Len(t, a.get("/ussd/sessions?status=ended").rows(t), 2, "the one before is over")
	})
}

func TestANewSessionNeedsNoID(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t, helliotest.WithUSSDHandler(callbackURL, new(menu))))
	app := a.app()
	made := a.post("/ussd/simulate",
		`{"app_id":"`+app+`","msisdn":"233209990001","new_session":true}`).data(t)["session_id"].(string)
	require.Equal(t, 1.0, a.get("/ussd/sessions/" + made).data(t)["steps"])
	resp := a.post("/ussd/simulate",
		`{"app_id":"`+app+`","session_id":"`+made+`","msisdn":"233209990001"}`)
	require.NotContains(t, resp.data(t), "session_id")
	require.Equal(t, 2.0, a.get("/ussd/sessions/" + made).data(t)["steps"])
}

func TestBadStepsNeverReachTheCallback(t *testing.T) {
	t.Parallel()
	m := new(menu)
	a := newAPI(t, helliotest.New(t, helliotest.WithUSSDHandler(callbackURL, m)))
	app := a.app()
	long := strings.Repeat("é", 183)
	for body, field := range map[string]string{
		`"session_id":"s","msisdn":"2332"`:                                                   "app_id",
		`"app_id":"` + app + `","msisdn":"2332"`:                                             "session_id",
		`"app_id":"` + app + `","msisdn":"2332","new_session":false`:                         "session_id",
		`"app_id":"` + app + `","session_id":"` + long + `","msisdn":"2332"`:                 "session_id",
		`"app_id":"` + app + `","session_id":"s"`:                                            "msisdn",
		`"app_id":"` + app + `","session_id":"s","msisdn":"` + long[:42] + `"`:               "msisdn",
		`"app_id":"` + app + `","session_id":"s","msisdn":"2","input":"` + long + `"`:        "input",
		`"app_id":"` + app + `","session_id":"s","msisdn":"2","service_code":"` + long + `"`: "service_code",
	} {
		resp := a.post("/ussd/simulate", "{"+body+"}")
		resp.refused(t, 422, "invalid_request")
		require.Len(t, resp.decoded(t)["errors"], 1, body)
		require.Contains(t, resp.decoded(t)["errors"], field, body)
	}
	a.post("/ussd/simulate", `{"app_id":"`+nobody+`","session_id":"s","msisdn":"2332"}`).refused(t,
		422, "unknown_app")
	require.Empty(t, m.seen)
	require.Empty(t, a.get("/ussd/sessions").rows(t))
}

func TestABadCallbackAnswerFailsTheSession(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		says    string
		after   time.Duration
	}{
		"another status": {answer(500, `{"message":"m","action":"end"}`), "it answered 500", 0},
		"a redirect": {
			func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "/other", http.StatusFound)
			},
			"it answered 302", 0,
		},
		"an old reply":  {answer(200, "CON Airtime"), "not one JSON object", 0},
		"an empty body": {answer(200, ""), "not one JSON object", 0},
		"no answer":     {func(http.ResponseWriter, *http.Request) {}, "not one JSON object", 0},
		"unknown action": {
			answer(200, `{"message":"m","action":"stop"}`), "neither continue nor end", 0,
		},
		"no message": {answer(200, `{"action":"end"}`), "no message", 0},
		"a long body": {
			answer(200, `{"message":"`+strings.Repeat("m", 64<<10)+`","action":"end"}`),
			"longer than 64 KiB", 0,
		},
		"a panic": {
			func(http.ResponseWriter, *http.Request) { panic("no menu") }, "panicked: no menu", 0,
		},
		"a goroutine end": {
			func(http.ResponseWriter, *http.Request) { runtime.Goexit() }, "ended its goroutine",
			0,
		},
		"too slow": {
			func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "within 10 s",
			10 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r *recorder
			synctest.Test(t, func(t *testing.T) {
				r = watch(t, func(tb testing.TB) {
					a := newAPI(t,
						helliotest.New(tb, helliotest.WithUSSDHandler(callbackURL, c.handler)))
					app := a.app()
					start := time.Now()
					require.Equal(t,
						map[string]any{
							"message":  "This service is not available. Please try again later.",
							"action":   "end",
							"continue": false,
						}, a.step(app, "").data(t))
					require.Equal(t, c.after, time.Since(start))
					session := a.get("/ussd/sessions/s").data(t)
					require.Equal(t, []any{"failed", 1.0},
						[]any{session["status"], session["steps"]})
					require.NotNil(t, session["ended_at"])
				})
			})
			require.Empty(t, r.all(), "it is no error of the test")
			require.Contains(t, strings.Join(r.logs, "\n"), c.says)
		})
	}
}

func TestALongMessageHasAWarning(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 183)
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"message":"`+long+`","action":"end"}`)
	})
	r := watch(t, func(tb testing.TB) {
		a := newAPI(t, helliotest.New(tb, helliotest.WithUSSDHandler(callbackURL, h)))
		require.Equal(t, long, a.step(a.app(), "").data(t)["message"])
	})
	require.Contains(t, strings.Join(r.logs, "\n"),
		"a message of 183 characters; a phone shows 182")
}

func TestASessionThatIsLeftAloneTimesOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t, helliotest.New(t, helliotest.WithUSSDHandler(callbackURL, new(menu))))
		app := a.app()
		a.step(app, "")
		time.Sleep(3*time.Minute - time.Second)
		a.step(app, "1")
		time.Sleep(3*time.Minute - time.Second)
		require.Equal(t, "active", a.get("/ussd/sessions/s").data(t)["status"])
		time.Sleep(time.Second)
		session := a.get("/ussd/sessions/s").data(t)
		require.Equal(t, []any{"timeout", "2000-01-01T00:05:59+00:00"},
			[]any{session["status"], session["ended_at"]})
		a.step(app, "1").refused(t, 422, "invalid_request")
	})
}

func TestASessionAnswersOneStepAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var client *hellio.Client
		var a api
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := client.SMS.Send(r.Context(),
				&hellio.SMSSendParams{
					Recipients: []string{"233209990001"},
					Sender:     "HELLIO",
					Message:    "Hi",
				})
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			time.Sleep(5 * time.Second)
			_, _ = io.WriteString(w, `{"message":"Sent.","action":"end"}`)
		})
		f := helliotest.New(t, helliotest.WithUSSDHandler(callbackURL, h))
		client, a = f.Client(), newAPI(t, f)
		app := a.app()
		go func() {
			time.Sleep(time.Second)
			a.step(app, "1").refused(t, 422, "invalid_request")
		}()
		require.Equal(t, "Sent.", a.step(app, "").data(t)["message"])
		require.Len(t, f.Messages(), 1)
		require.Equal(t, 1.0, a.get("/ussd/sessions/s").data(t)["steps"])
	})
}

// slowly is a callback that takes 5 s to answer.
func slowly(action string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(5 * time.Second)
		_, _ = io.WriteString(w, `{"message":"m","action":"`+action+`"}`)
	})
}

func TestAStepOfAReplacedSessionChangesNothing(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"continue", "end"} {
		synctest.Test(t, func(t *testing.T) {
			a := newAPI(t,
				helliotest.New(t, helliotest.WithUSSDHandler(callbackURL, slowly(action))))
			app := a.app()
			go a.step(app, "")
			time.Sleep(time.Second)
			a.post("/ussd/simulate",
				`{"app_id":"`+app+`","session_id":"s","msisdn":"233209990001","new_session":true}`)
			replaced := a.get("/ussd/sessions").rows(t)[1]
			require.Equal(t, []any{"ended", "2000-01-01T00:00:01+00:00"},
				[]any{replaced["status"], replaced["ended_at"]})
		})
	}
}

func TestAnEndedSessionStaysUnchanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t, helliotest.New(t, helliotest.WithUSSDHandler(callbackURL, new(menu))))
		app := a.app()
		a.step(app, "")
		a.step(app, "0") // at the same instant, so that both steps would time out at once
		time.Sleep(3 * time.Minute)
		session := a.get("/ussd/sessions/s").data(t)
		require.Equal(t, []any{"ended", "2000-01-01T00:00:00+00:00"},
			[]any{session["status"], session["ended_at"]})
		a.post("/ussd/simulate",
			`{"app_id":"`+app+`","session_id":"s","msisdn":"233209990001","new_session":true}`)
		require.Equal(t, session, a.get("/ussd/sessions").rows(t)[1],
			"a new one of its name changes nothing")
	})
}

func TestASessionOutlivesASlowCallback(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t,
			helliotest.New(t, helliotest.WithUSSDHandler(callbackURL, slowly("continue"))))
		app := a.app()
		a.step(app, "")
		time.Sleep(3*time.Minute - time.Second)
		a.step(app, "1")
		require.Equal(t, "active", a.get("/ussd/sessions/s").data(t)["status"])
	})
}

func TestACallbackURLIsCalledOverHTTP(t *testing.T) {
	t.Parallel()
	m := new(menu)
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	f := helliotest.New(t)
	client := f.Client()
	app, err := client.USSD.Apps.Create(t.Context(),
		&hellio.USSDAppParams{Name: "Airtime", CallbackURL: server.URL + "/ussd?x=1"})
	require.NoError(t, err)
	step, err := client.USSD.Simulate(t.Context(),
		&hellio.USSDSimulateParams{AppID: app.ID, MSISDN: "+233209990001"})
	require.NoError(t, err)
	require.True(t, step.Continue)
	require.Equal(t, signed(app.TestSecret, m.bodies[0]),
		m.seen[0].Header.Get("X-Hellio-Signature"))
	require.Equal(t, "/ussd?x=1", m.seen[0].URL.String())

	server.Close()
	step, err = client.USSD.Simulate(t.Context(), &hellio.USSDSimulateParams{
		AppID:     app.ID,
		SessionID: step.SessionID,
		MSISDN:    "+233209990001",
		Input:     "1",
	})
	require.NoError(t, err)
	require.Equal(t, hellio.USSDEnd, step.Action)
	session, err := client.USSD.Sessions.Get(t.Context(), step.SessionID)
	require.NoError(t, err)
	require.Equal(t, hellio.USSDSessionFailed, session.Status)
	require.Equal(t, 2, session.Steps)
}

func TestACallbackWithoutAHandlerFailsABubble(t *testing.T) {
	t.Parallel()
	var r *recorder
	synctest.Test(t, func(t *testing.T) {
		r = watch(t, func(tb testing.TB) {
			a := newAPI(t, helliotest.New(tb))
			require.Equal(t, "end", a.step(a.app(), "").data(t)["action"])
		})
	})
	require.Contains(t, r.all(), "WithUSSDHandler")
}

func TestTheEndJoinsACallback(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := false
		h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			ended = true
		})
		f, err := helliotest.Start(helliotest.WithUSSDHandler(callbackURL, h))
		require.NoError(t, err)
		a := newAPI(t, f)
		app := a.app()
		go func() {
			_, _ = a.try("POST", "/ussd/simulate",
				`{"app_id":"`+app+`","session_id":"s","msisdn":"2332"}`)
		}()
		synctest.Wait()
		start := time.Now()
		require.NoError(t, f.Close())
		require.True(t, ended)
		require.Zero(t, time.Since(start))
	})
}
