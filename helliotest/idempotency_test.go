package helliotest_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestARepeatedKeyReplaysTheFirstAnswer(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	first := a.send(oneSMS, "Idempotency-Key", "k")
	require.Empty(t, first.header.Get("Idempotent-Replayed"))
	again := a.send(oneSMS, "Idempotency-Key", "k")
	require.Equal(t, first.status, again.status)
	require.Equal(t, first.body, again.body)
	require.Equal(t, "true", again.header.Get("Idempotent-Replayed"))
	require.Equal(t, "118", again.header.Get("X-RateLimit-Remaining"),
		"a replay counts to the limit")
	require.Len(t, f.Messages(), 1)
	require.Equal(t, "0.0310", f.Balance().Reserved)
	require.True(t, f.Requests()[1].Replayed)
}

func TestAKeyBelongsToTokenAndOperation(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	a.send(oneSMS, "Idempotency-Key", "k")
	require.Equal(t, 201, a.sendOTP(oneOTP, "Idempotency-Key", "k").status,
		"another operation, though it honours keys too")
	a.token = f.IssueToken()
	require.Empty(t, a.send(oneSMS, "Idempotency-Key", "k").header.Get("Idempotent-Replayed"))
	require.Empty(t,
		a.do("GET", "/balance", "", "Idempotency-Key", "k").header.Get("Idempotent-Replayed"))
	require.Len(t, f.Messages(), 3)
}

func TestARefusalFreesTheKey(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithBalance("0"))
	a := newAPI(t, f)
	a.send(oneSMS, "Idempotency-Key", "k").refused(t, 402, "insufficient_balance")
	topUp := "1"
	require.NoError(t, f.Update(helliotest.AccountChange{Balance: &topUp}))
	resp := a.send(oneSMS, "Idempotency-Key", "k")
	require.Equal(t, 202, resp.status)
	require.Empty(t, resp.header.Get("Idempotent-Replayed"))
}

func TestAKeyLivesADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		a := newAPI(t, f)
		a.send(oneSMS, "Idempotency-Key", "k")
		time.Sleep(24*time.Hour - time.Second)
		require.NotEmpty(t,
			a.send(oneSMS, "Idempotency-Key", "k").header.Get("Idempotent-Replayed"))
		time.Sleep(time.Second)
		require.Empty(t, a.send(oneSMS, "Idempotency-Key", "k").header.Get("Idempotent-Replayed"))
	})
}

func TestAKeyHasOneTo255Characters(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	require.Equal(t, 202, a.send(oneSMS, "Idempotency-Key", strings.Repeat("k", 255)).status)
	a.send(oneSMS, "Idempotency-Key", strings.Repeat("k", 256)).refused(t, 422, "invalid_request")
	a.send(oneSMS, "Idempotency-Key", "").refused(t, 422, "invalid_request")
}

func TestTheSameKeyInFlightIsAConflict(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.Delay(10*time.Second))
		a := newAPI(t, f)
		first := make(chan apiResponse)
		go func() { first <- a.send(oneSMS, "Idempotency-Key", "k") }()
		synctest.Wait()
		a.send(oneSMS, "Idempotency-Key", "k").refused(t, 409, "idempotency_conflict")
		require.Empty(t, f.Messages(), "a delayed call is handled after its delay")
		require.Equal(t, 202, (<-first).status)
		require.Equal(t, "true",
			a.send(oneSMS, "Idempotency-Key", "k").header.Get("Idempotent-Replayed"))
		require.Len(t, f.Messages(), 1)
	})
}

func TestAKeyWithAnotherBodyIsAViolation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ first, second, differs string }{
		"the same": {oneSMS, oneSMS, ""},
		"another order": {
			oneSMS, `{"message":"Hi", "sender":"HELLIO","recipients":["+233209990001"]}`, "",
		},
		"another spelling": {
			oneSMS, `{"recipients":["\u002b233209990001"],"sender":"HELLIO","message":"Hi"}`, "",
		},
		"another text":   {oneSMS, textTo("+233209990001", "Ho"), "message"},
		"another number": {oneSMS, textTo("233209990001", "Hi"), "recipients"},
		"two members":    {oneSMS, textTo("233209990002", "Ho"), "message, recipients"},
		"a member more": {
			oneSMS,
			`{"recipients":["+233209990001"],"sender":"HELLIO","message":"Hi","gateway":null}`,
			"gateway",
		},
		"a member less": {
			oneSMS, `{"recipients":["+233209990001"],"message":"Hi"}`, "sender",
		},
		"a body that is broken": {oneSMS, `{"recipients":`, "body"},
		"no body":               {oneSMS, ``, "body"},
		"null":                  {oneSMS, `null`, "body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, strict := range []bool{false, true} {
				opts := []helliotest.Option{helliotest.Lenient()}
				if strict {
					opts = append(opts, helliotest.WithStrictIdempotency())
				}
				f := helliotest.New(t, opts...)
				a := newAPI(t, f)
				first := a.send(c.first, "Idempotency-Key", "k")
				again := a.send(c.second, "Idempotency-Key", "k")
				if strict && c.differs != "" {
					again.refused(t, 422, "idempotency_mismatch")
				} else {
					require.Equal(t, "true", again.header.Get("Idempotent-Replayed"))
					require.Equal(t, first.body, again.body)
				}
				require.Len(t, f.Messages(), 1)
				require.Equal(t, "0.0310", f.Balance().Reserved)
				require.Equal(t, "true",
					a.send(c.first, "Idempotency-Key", "k").header.Get("Idempotent-Replayed"), "the first answer stays")
				if c.differs == "" {
					require.Empty(t, f.Violations())
					continue
				}
				require.Len(t, f.Violations(), 1)
				require.Equal(t,
					"POST /v1/sms/send: header.Idempotency-Key: request 1001 had this key and "+
						"another body: it differs in "+c.differs,
					f.Violations()[0].String())
				require.Len(t, f.Requests()[1].Violations, 1)
			}
		})
	}
}

func TestAConstantKeyFailsTheTest(t *testing.T) {
	t.Parallel()
	r := watch(t, func(tb testing.TB) {
		client := helliotest.New(tb).Client()
		for _, text := range []string{"one", "two", "three"} {
			_, err := client.SMS.Send(t.Context(), &hellio.SMSSendParams{
				Recipients: []string{someone},
				Sender:     "ACME",
				Message:    text,
			}, hellio.WithIdempotencyKey("order"))
			require.NoError(t, err)
		}
	})
	require.Contains(t, r.all(),
		"request 1001 had this key and another body: it differs in message")
}

func TestAKeyInFlightIsAConflict(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithStrictIdempotency())
		f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.Delay(10*time.Second))
		a := newAPI(t, f)
		first := make(chan apiResponse)
		go func() { first <- a.send(oneSMS, "Idempotency-Key", "k") }()
		synctest.Wait()
		a.send(textTo("233209990002", "Ho"), "Idempotency-Key", "k").refused(t, 409,
			"idempotency_conflict")
		require.Equal(t, 202, (<-first).status)
	})
}

func TestASnapshotKeepsTheBodiesOfKeys(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	newAPI(t, f).send(oneSMS, "Idempotency-Key", "k")
	again := helliotest.New(t, helliotest.FromSnapshot(snapshot(t, f)),
		helliotest.WithStrictIdempotency())
	again.ExpectRejected(1)
	newAPI(t, again).send(textTo("233209990002", "Ho"), "Idempotency-Key", "k").refused(t, 422,
		"idempotency_mismatch")
}
