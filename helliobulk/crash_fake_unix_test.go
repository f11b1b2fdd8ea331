//go:build unix

package helliobulk

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// seeds is how many seeds a crash test runs: a few, or as many as HELLIO_SEEDS
// says.
func seeds() int {
	if n, err := strconv.Atoi(os.Getenv("HELLIO_SEEDS")); err == nil {
		return n
	}
	if testing.Short() {
		return 1
	}
	return 4
}

// startFake builds and runs the program hellio-fake until the test ends, and
// returns its address.
func startFake(t *testing.T) (url string) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "hellio-fake")
	built, err := exec.Command("go", "build", "-o", binary,
		"github.com/hellio-go/hellio/cmd/hellio-fake").CombinedOutput()
	require.NoError(t, err, string(built))
	program := exec.Command(binary, "-addr", "127.0.0.1:0")
	stdout, err := program.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, program.Start())
	t.Cleanup(func() {
		_ = program.Process.Signal(syscall.SIGTERM)
		_ = program.Wait() // it has served its turn
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	require.NoError(t, err)
	var ready struct{ Addr string }
	require.NoError(t, json.Unmarshal(line, &ready))
	return "http://" + ready.Addr
}

// world is one of hellio-fake's, seen through its control API.
type world struct {
	t          *testing.T
	url, token string
}

func newWorld(t *testing.T, url string) *world {
	t.Helper()
	w := &world{t: t, url: url, token: "any"}
	var made struct{ Token string }
	w.control(http.MethodPost, "worlds", map[string]any{"rate_limit": 0, "balance": crashBalance},
		&made)
	w.token = made.Token
	return w
}

func (w *world) control(method, path string, in, out any) {
	w.t.Helper()
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		require.NoError(w.t, err)
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+"/_fake/"+path, body)
	require.NoError(w.t, err)
	req.Header.Set("Authorization", "Bearer "+w.token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	require.Less(w.t, resp.StatusCode, 300, string(answer))
	if out != nil {
		require.NoError(w.t, json.Unmarshal(answer, out))
	}
}

func (w *world) client() *hellio.Client {
	w.t.Helper()
	client, err := hellio.NewClient(w.token, append(quick(), hellio.WithBaseURL(w.url+"/v1"))...)
	require.NoError(w.t, err)
	w.t.Cleanup(client.CloseIdleConnections)
	return client
}

// spoil sets faults.
func (w *world) spoil(faults []helliotest.FaultSpec) {
	w.t.Helper()
	rules := make([]map[string]any, len(faults))
	for i, f := range faults {
		data, err := json.Marshal(f)
		require.NoError(w.t, err)
		require.NoError(w.t, json.Unmarshal(data, &rules[i]))
		delete(rules[i], "hits")
	}
	w.control(http.MethodPut, "faults", rules, nil)
}

// spoilt returns how many sends reached the world, and how many of them were
// spoilt.
func (w *world) spoilt() (sends, spoilt int) {
	w.t.Helper()
	var requests []struct{ Method string }
	w.control(http.MethodGet, "requests", nil, &requests)
	for _, r := range requests {
		if r.Method == http.MethodPost {
			sends++
		}
	}
	var faults []struct{ Hits int }
	w.control(http.MethodGet, "faults", nil, &faults)
	for _, f := range faults {
		spoilt += f.Hits
	}
	return sends, spoilt
}

// requireEachOnce checks that each of the first n numbers got one message and
// no other any, and that the wallet lost what the report says. It returns
// how many messages were charged.
func (w *world) requireEachOnce(client *hellio.Client, r *Report, n int) (charges int) {
	w.t.Helper()
	var messages []struct {
		MobileNumber string `json:"mobile_number"`
	}
	w.control(http.MethodGet, "messages", nil, &messages)
	count := map[string]int{}
	for _, m := range messages {
		count[m.MobileNumber]++
	}
	for _, want := range numbers(n) {
		require.Equal(w.t, 1, count[want], "messages to %s", want)
	}
	require.Len(w.t, count, n)
	balance, err := client.Balance.Get(w.t.Context())
	require.NoError(w.t, err)
	lost := new(big.Rat).Sub(amount(w.t, crashBalance), balance.Available.Rat())
	for _, c := range r.Costs {
		lost.Sub(lost, c.Amount.Rat())
	}
	require.Equal(w.t, "0.0000", lost.FloatString(4), "wallet difference")
	return len(messages)
}
