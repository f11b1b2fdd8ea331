package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// runOnce is the program with a context that has ended: it starts, if it can,
// and ends.
func runOnce(args ...string) (status int, stdout, stderr string) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs bytes.Buffer
	status = runProgram(ctx, args, &out, &errs)
	return status, out.String(), errs.String()
}

func TestBadFlagsAreNamedAndNothingStarts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-addr", "0.0.0.0:0"}, "-allow-remote"},
		{[]string{"-addr", ":0"}, "-allow-remote"},
		{[]string{"-addr", "[::]:0"}, "-allow-remote"},
		{[]string{"-addr", "192.0.2.1:0"}, "-allow-remote"},
		{[]string{"-addr", "example.com:0"}, "-allow-remote"},
		{[]string{"-addr", "127.0.0.1"}, "-addr"},
		{[]string{"-addr", ""}, "-addr"},
		{[]string{"-addr", "127.0.0.1:"}, "-addr"},
		{[]string{"-addr", "127.0.0.1:http"}, "-addr"},
		{[]string{"-addr", "127.0.0.1:65536"}, "-addr"},
		{[]string{"-token", ""}, "-token"},
		{[]string{"-token", "a b"}, "-token"},
		{[]string{"-token", "é"}, "-token"},
		{[]string{"-token", "\x7f"}, "-token"},
		{[]string{"-balance", "ten"}, "-balance"},
		{[]string{"-balance", "-1"}, "-balance"},
		{[]string{"-balance", "0.00001"}, "-balance"},
		{[]string{"-rate-limit", "many"}, "-rate-limit"},
		{[]string{"-rate-limit", "-1"}, "-rate-limit"},
		{[]string{"-otp-limit", "many"}, "-otp-limit"},
		{[]string{"-otp-limit", "-1"}, "-otp-limit"},
		{[]string{"-otp-limit", "1.5"}, "-otp-limit"},
		{[]string{"-allow-http-callbacks=maybe"}, "-allow-http-callbacks"},
		{[]string{"-allow-remote=maybe"}, "-allow-remote"},
		{[]string{"-version=maybe"}, "-version"},
		{[]string{"-ratelimit", "0"}, "-ratelimit, did you mean -rate-limit?"},
		{[]string{"-open", "nothing.json"}, "-open"},
		{[]string{"-seed", "-1"}, "-seed"},
		{[]string{"-seed", "x"}, "-seed"},
		{[]string{"-retention", "many"}, "-retention"},
		{[]string{"-retention", "-1"}, "-retention"},
		{[]string{"-port", "1"}, "-port"},
		{[]string{"-seed"}, "-seed"},
		{[]string{"serve"}, "serve"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := runOnce(c.args...)
			require.Equal(t, statusUsage, status)
			require.Empty(t, stdout)
			require.Contains(t, stderr, c.says)
			require.NotContains(t, stderr, "a b", "the token")
			require.NotContains(t, stderr, "-allow-remote\n", "the flags are for -help to list")
		})
	}
}

func TestHelpListsTheFlagsAndIsNoFailure(t *testing.T) {
	t.Parallel()
	status, stdout, stderr := runOnce("-help")
	require.Equal(t, statusOK, status)
	require.Empty(t, stdout)
	require.Contains(t, stderr,
		"hellio-fake serves a fake of the Hellio Messaging API. Its flags:\n")
	for _, name := range []string{
		"-addr", "-allow-remote", "-token", "-balance", "-senders", "-rate-limit", "-seed",
		"-retention", "-open", "-observations", "-otp-limit", "-allow-http-callbacks", "-version",
	} {
		require.Contains(t, stderr, name)
	}
}

func TestTheVersionIsOneLine(t *testing.T) {
	t.Parallel()
	status, stdout, stderr := runOnce("-version", "-balance", "5")
	require.Equal(t, statusOK, status)
	require.Empty(t, stderr)
	require.Regexp(t, `^hellio-fake v?0\.\S+.*, go1\.\S+\n$`, stdout)
}

func TestCallbacksMayBeHTTPByAFlag(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args   []string
		status int
	}{
		{nil, http.StatusUnprocessableEntity},
		{[]string{"-allow-http-callbacks=false"}, http.StatusUnprocessableEntity},
		{[]string{"-allow-http-callbacks"}, http.StatusCreated},
	} {
		w := start(t, c.args...).world(`{}`)
		require.Equal(t, c.status,
			w.call(http.MethodPost, "/v1/webhooks", `{"url":"http://app:3000/hook"}`).status)
		require.Equal(t, c.status, w.call(http.MethodPost, "/v1/ussd/apps",
			`{"name":"Menu","callback_url":"http://app:3000/ussd"}`).status)
		w.call(http.MethodPost, "/v1/webhooks", `{"url":"ftp://app/hook"}`).refused(
			http.StatusUnprocessableEntity, "invalid_request")
	}
}

func TestALoopbackPortIsOpenOnBothAddresses(t *testing.T) {
	t.Parallel()
	if probe, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skip("this machine has no ::1")
	} else {
		require.NoError(t, probe.Close())
	}
	p := start(t)
	_, port, err := net.SplitHostPort(p.addr)
	require.NoError(t, err)
	for _, host := range []string{"127.0.0.1", "[::1]", "localhost"} {
		other := *p
		other.addr = host + ":" + port
		require.Equal(t, http.StatusOK, other.get("/v1/balance").status, host)
		require.Equal(t, http.StatusOK, other.get("/_fake/account").status, host)
	}
	listeners, err := listen(&settings{addr: "[::1]:0"})
	require.NoError(t, err)
	require.Len(t, listeners, 2)
	require.Contains(t, listeners[0].Addr().String(), "[::1]:")
	for _, listener := range listeners {
		require.NoError(t, listener.Close())
	}
}

func TestATakenTwinPortIsAFailure(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no ::1")
	}
	defer taken.Close()
	_, port, err := net.SplitHostPort(taken.Addr().String())
	require.NoError(t, err)
	_, err = listen(&settings{addr: "127.0.0.1:" + port})
	require.ErrorContains(t, err, "in use", "localhost would lead to another program")
}

func TestATokenMayHoldVisibleASCII(t *testing.T) {
	t.Parallel()
	require.Equal(t, http.StatusOK, start(t, "-token", "!~").get("/v1/balance").status)
}

func TestSendersMayHaveSpaces(t *testing.T) {
	t.Parallel()
	for text, senders := range map[string]string{" A , B C,": `["A","B C"]`, ",": `[]`, "": `[]`} {
		start(t, "-senders", text).get("/_fake/account").has(`{"senders":`+senders+`}`, text)
	}
}

func TestTheReadyLineIsOneLineOfJSON(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"127.0.0.1", "localhost"} {
		status, stdout, stderr := runOnce("-addr", host+":0", "-token", "7|mine")
		require.Equal(t, statusOK, status)
		require.Empty(t, stderr)
		require.Regexp(t, `^\{"addr":"127\.0\.0\.1:[1-9][0-9]*","token":"7\|mine"\}\n$`, stdout)
	}
}

func TestAllowRemoteListensOnEveryInterface(t *testing.T) {
	t.Parallel()
	status, stdout, _ := runOnce("-allow-remote", "-addr", "0.0.0.0:0")
	require.Equal(t, statusOK, status)
	require.Contains(t, stdout, ":")
	require.NotContains(t, stdout, "127.0.0.1")
}

func TestANameOfAnotherInterfaceIsRefused(t *testing.T) {
	t.Parallel()
	// as a localhost would that /etc/hosts puts elsewhere
	_, err := listen(&settings{addr: "0.0.0.0:0"})
	require.ErrorContains(t, err, "-addr 0.0.0.0:0 leads to ")
	require.ErrorContains(t, err, "which other machines can reach; -allow-remote allows it")
	listeners, err := listen(&settings{addr: "0.0.0.0:0", allowRemote: true})
	require.NoError(t, err)
	require.Len(t, listeners, 1)
	require.NoError(t, listeners[0].Close())
}

func TestATakenPortIsAClearFailure(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	var stdout, stderr bytes.Buffer
	require.Equal(t, statusFailed,
		runProgram(t.Context(), []string{"-addr", taken.Addr().String()}, &stdout, &stderr))
	require.Empty(t, stdout.String())
	require.Contains(t, stderr.String(), taken.Addr().String())
	require.Contains(t, stderr.String(), "in use")
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestAnUnwritableReadyLineIsAFailure(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	require.Equal(t, statusFailed,
		runProgram(t.Context(), []string{"-addr", "127.0.0.1:0"}, fullDisk{}, &stderr))
	require.Contains(t, stderr.String(), "no space left")
}

// openRequest leaves a request in the program's hands, its body half sent; the
// server's call for the rest shows that it is being read.
func openRequest(t *testing.T, p *testProgram, path string) {
	t.Helper()
	conn, err := net.Dial("tcp", p.addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n", path, p.addr,
		p.token)
	fmt.Fprint(conn, "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n")
	line, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "100 Continue")
}

func TestTheEndIsPromptWithRequestsOpen(t *testing.T) {
	t.Parallel()
	p := start(t)
	silent, err := net.Dial("tcp", p.addr)
	require.NoError(t, err)
	defer silent.Close()
	openRequest(t, p, "/v1/sms/send")
	openRequest(t, p, "/_fake/clock/advance")

	p.fault(`{"op":"sms_send","always":true,"effect":"delay","duration":"10m"}`)
	answered := make(chan error, 1)
	go func() {
		_, err := p.try(p.request(http.MethodPost, "/v1/sms/send", oneSMS))
		answered <- err
	}()
	for len(p.get("/_fake/requests").list()) == 0 {
		require.NoError(t, t.Context().Err())
	}
	began := time.Now()
	require.Equal(t, statusOK, p.stop())
	require.Less(t, time.Since(began), bodyTimeout)
	require.Error(t, <-answered)
}

func TestTheEndAnswersCallsInFlight(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.fault(`{"op":"sms_send","always":true,"effect":"delay","duration":"300ms"}`)
	answered := make(chan response, 1)
	go func() {
		got, _ := p.try(p.request(http.MethodPost, "/v1/sms/send", oneSMS))
		answered <- got
	}()
	for len(p.get("/_fake/requests").list()) == 0 {
		require.NoError(t, t.Context().Err())
	}
	require.Equal(t, statusOK, p.stop())
	require.Equal(t, http.StatusAccepted, (<-answered).status)
}
