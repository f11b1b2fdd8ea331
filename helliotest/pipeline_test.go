package helliotest_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestEachStageAnswersBeforeTheNext(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options      []helliotest.Option
		method, path string
		token        string
		status       int
		code         string
		counted      bool
	}{
		"unknown route before token": {nil, "GET", "/nope", "", 404, "not_found", false},
		"method before token": {
			nil, "DELETE", "/balance", "", 405, "method_not_allowed", false,
		},
		"no token": {nil, "GET", "/balance", "", 401, "unauthenticated", false},
		"token before IP list": {
			[]helliotest.Option{helliotest.WithAllowedIPs("10.0.0.0/8")},
			"GET",
			"/balance",
			"wrong",
			401,
			"unauthenticated",
			false,
		},
		"IP list before scope": {[]helliotest.Option{
			helliotest.WithAllowedIPs("10.0.0.0/8"), helliotest.WithToken("narrow", "otp"),
		},
			"GET", "/balance", "narrow", 403, "ip_not_allowed", false},
		"scope is counted": {
			[]helliotest.Option{helliotest.WithToken("narrow", "otp")},
			"GET",
			"/balance",
			"narrow",
			403,
			"insufficient_scope",
			true,
		},
		"no scope at all": {
			[]helliotest.Option{helliotest.WithToken("none", []string{}...)},
			"GET",
			"/balance",
			"none",
			403,
			"insufficient_scope",
			true,
		},
		"a handler's refusal": {
			nil, "GET", "/messages/7", helliotest.DefaultToken, 404, "not_found", true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, helliotest.New(t, append(c.options, helliotest.Lenient())...))
			a.token = c.token
			resp := a.do(c.method, c.path, "")
			resp.refused(t, c.status, c.code)
			if !c.counted {
				require.Empty(t, resp.header.Values("X-RateLimit-Limit"))
				require.Empty(t, resp.header.Values("X-RateLimit-Remaining"))
				return
			}
			require.Equal(t, "120", resp.header.Get("X-RateLimit-Limit"))
			require.Equal(t, "119", resp.header.Get("X-RateLimit-Remaining"))
			require.Empty(t, resp.header.Get("Retry-After"))
			require.Empty(t, resp.header.Get("X-RateLimit-Reset"))
		})
	}
}

func TestAWrongMethodIsToldTheRightOnes(t *testing.T) {
	t.Parallel()
	resp := newAPI(t, helliotest.New(t, helliotest.Lenient())).do("PUT", "/messages", "")
	require.Equal(t, "GET", resp.header.Get("Allow"))
}

func TestPathsOutsideTheRootAreUnknown(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t, helliotest.Lenient()))
	for _, a.base = range []string{
		"https://x.invalid", "https://x.invalid/v1x", "https://x.invalid/v1/",
		"https://x.invalid/v1//", "https://x.invalid/v2",
	} {
		a.get("/balance").refused(t, 404, "not_found")
	}
}

func TestTheTokensSchemeMayBeInAnyCase(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	require.Equal(t, 200, a.do("GET", "/balance", "", "Authorization", "bearer  "+a.token).status)
}

func TestAnotherSchemeCarriesNoToken(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	for _, header := range []string{
		"Digest " + a.token, "Basic  " + a.token, a.token, "Bearer", "Bearer" + a.token,
	} {
		a.do("GET", "/balance", "", "Authorization", header).refused(t, 401, "unauthenticated")
	}
}

func TestARevokedTokenIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	a.token = f.IssueToken("balance")
	require.Regexp(t, `^\d+\|[0-9A-Za-z]{48}$`, a.token)
	require.Equal(t, 200, a.get("/balance").status)
	require.True(t, f.RevokeToken(a.token))
	require.False(t, f.RevokeToken(a.token))
	a.get("/balance").refused(t, 401, "unauthenticated")
}

func TestTheLimiterDoesNotCountRefusedCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithRateLimit(2))
		a := newAPI(t, f)
		require.Equal(t, "1", a.get("/balance").header.Get("X-RateLimit-Remaining"))
		time.Sleep(20*time.Second + 300*time.Millisecond)
		require.Equal(t, "0", a.get("/balance").header.Get("X-RateLimit-Remaining"))
		resp := a.get("/balance")
		resp.refused(t, 429, "throttled")
		require.Equal(t, "2", resp.header.Get("X-RateLimit-Limit"))
		require.Equal(t, "0", resp.header.Get("X-RateLimit-Remaining"))
		require.Equal(t, "40", resp.header.Get("Retry-After"))
		require.Equal(t, "946684860", resp.header.Get("X-RateLimit-Reset"),
			"one minute after the window's start")
		time.Sleep(40 * time.Second)
		require.Equal(t, "1", a.get("/balance").header.Get("X-RateLimit-Remaining"),
			"a new window, to which refused calls do not count")

		other := a
		other.token = f.IssueToken()
		require.Equal(t, "1", other.get("/balance").header.Get("X-RateLimit-Remaining"),
			"the limit is per token")
	})
}

func TestWithoutALimitThereAreNoLimiterHeaders(t *testing.T) {
	t.Parallel()
	resp := newAPI(t, helliotest.New(t, helliotest.WithRateLimit(0))).get("/balance")
	require.Equal(t, 200, resp.status)
	require.Empty(t, resp.header.Get("X-RateLimit-Limit"))
}

func TestARemainderIsCountedWhenTheAnswerLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		f.Fault(helliotest.MessageList, helliotest.Always(), helliotest.Delay(time.Second))
		a := newAPI(t, f)
		slow := make(chan string)
		go func() { slow <- a.get("/messages").header.Get("X-RateLimit-Remaining") }()
		synctest.Wait()
		require.Equal(t, "118", a.get("/balance").header.Get("X-RateLimit-Remaining"))
		require.Equal(t, "118", <-slow)
	})
}

func TestBodiesThatAreNoFormAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body, contentType string
		status            int
	}{
		"malformed":       {`{"recipients":`, "application/json", 400},
		"array":           {`[]`, "application/json", 400},
		"null":            {`null`, "application/json", 400},
		"string":          {`"x"`, "application/json", 400},
		"trailing data":   {oneSMS + `{}`, "application/json", 400},
		"not UTF-8":       {"{\"message\":\"\xff\"}", "application/json", 400},
		"plain text":      {oneSMS, "text/plain", 415},
		"no content type": {oneSMS, "", 415},
		"form":            {"message=Hi", "application/x-www-form-urlencoded", 415},
		"24 MB": {
			`{"message":"` + strings.Repeat("x", 24<<20) + `"}`, "application/json", 413,
		},
		"empty":            {"", "application/json", 422},
		"charset is fine":  {oneSMS, "application/json; charset=utf-8", 202},
		"suffix is fine":   {oneSMS, "application/vnd.api+json", 202},
		"spaces around it": {" \n" + oneSMS + "\n ", "application/json", 202},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := helliotest.New(t)
			if c.status == 400 || c.status == 415 {
				f.ExpectRejected(1)
			}
			a := newAPI(t, f)
			resp := a.send(c.body, "Content-Type", c.contentType)
			require.Equal(t, c.status, resp.status, resp.body)
			if c.status != 202 {
				resp.refused(t, c.status, "invalid_request")
			}
		})
	}
}

func TestAGetMayHaveAContentType(t *testing.T) {
	t.Parallel()
	require.Equal(t, 200, newAPI(t, helliotest.New(t)).get("/balance").status)
}

func TestTheDateHeaderIsOnTheFakesClock(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	f.Advance(48 * time.Hour)
	date, err := http.ParseTime(a.get("/balance").header.Get("Date"))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(48*time.Hour), date, time.Minute)
}

func TestLatencyDelaysTheAnswerNotTheEffect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithLatency(30*time.Millisecond))
		start := time.Now()
		done := make(chan int)
		go func() { done <- newAPI(t, f).send(oneSMS).status }()
		synctest.Wait()
		require.Len(t, f.Messages(), 1)
		require.Equal(t, 202, <-done)
		require.Equal(t, 30*time.Millisecond, time.Since(start))
	})
}
