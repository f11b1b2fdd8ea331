package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// someone is the recipient of most messages.
const someone = "+233209990001"

// binary builds the program once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "hellio-fake-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "hellio-fake")
	build := exec.Command("go", "build", "-o", path, "../../cmd/hellio-fake")
	var stderr bytes.Buffer
	build.Stderr = &stderr
	if err := build.Run(); err != nil {
		_, _ = stderr.WriteTo(os.Stderr)
	}
	return path, err
})

func TestMain(m *testing.M) {
	status := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path)) // a remaining file is in the temporary directory
	}
	os.Exit(status)
}

// program is a running hellio-fake.
type program struct {
	t     *testing.T
	addr  string
	token string
	cmd   *exec.Cmd
}

// startProgram runs the program until the test ends. The program must then exit
// with status 0.
func startProgram(t *testing.T, args ...string) *program {
	t.Helper()
	path, err := binary()
	require.NoError(t, err, "building the program")
	args = append([]string{"-addr", "127.0.0.1:0", "-rate-limit", "0"}, args...)
	p := &program{t: t, cmd: exec.Command(path, args...)}
	p.cmd.Stderr = os.Stderr
	stdout, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(p.stop)
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	require.NoError(t, err, "the ready line")
	var ready struct{ Addr, Token string }
	require.NoError(t, json.Unmarshal(line, &ready))
	p.addr, p.token = ready.Addr, ready.Token
	return p
}

// stop ends the program if it is running.
func (p *program) stop() {
	p.t.Helper()
	if p.cmd.ProcessState != nil {
		return
	}
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(p.t, p.cmd.Wait(), "exit status 0")
}

// url returns the address of a page of the program.
func (p *program) url(path string) string { return "http://" + p.addr + path }

// call makes a call, requires a 2xx and returns the decoded response.
func (p *program) call(method, path string, body any) (answer map[string]any) {
	p.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(p.t, err)
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url(path),
		bytes.NewReader(text))
	require.NoError(p.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+p.token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(p.t, err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	require.NoError(p.t, err)
	require.Equal(p.t, 2, resp.StatusCode/100, string(got))
	if bytes.HasPrefix(got, []byte("{")) {
		require.NoError(p.t, json.Unmarshal(got, &answer))
	}
	return answer
}

// status makes a call and returns its status.
func (p *program) status(method, path, body string) int {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url(path),
		strings.NewReader(body))
	require.NoError(p.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+p.token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(p.t, err)
	defer resp.Body.Close()
	return resp.StatusCode
}

// send sends an SMS to one or more numbers.
func (p *program) send(text string, to ...string) {
	p.t.Helper()
	p.call("POST", "/v1/sms/send", map[string]any{
		"recipients": to,
		"sender":     "HELLIO",
		"message":    text,
	})
}

// otp sends a code and returns it.
func (p *program) otp(to string) string {
	p.t.Helper()
	p.call("POST", "/v1/otp/send", map[string]any{"mobile_number": to, "sender": "HELLIO"})
	return p.call("GET", "/_fake/otp/"+strings.TrimPrefix(to, "+"), nil)["code"].(string)
}

// world returns the same program with a new world.
func (p *program) world() *program {
	p.t.Helper()
	other := *p
	other.token = p.call("POST", "/_fake/worlds", map[string]any{})["token"].(string)
	return &other
}
