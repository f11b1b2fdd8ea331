package conformance

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/api"
)

var loadControl = sync.OnceValues(func() (*Document, error) { return Parse(api.Control()) })

func theControlDocument(tb testing.TB) *Document {
	tb.Helper()
	doc, err := loadControl()
	require.NoError(tb, err)
	return doc
}

// program is a running hellio-fake. Its Recorder compares the calls with the
// document of the control API.
type program struct {
	url   string
	token string
	rec   *Recorder
}

// startProgram builds the program and runs it until the test ends.
func startProgram(t *testing.T) *program {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "hellio-fake.exe")
	built, err := exec.Command("go", "build", "-o", binary,
		"github.com/hellio-go/hellio/cmd/hellio-fake").CombinedOutput()
	require.NoError(t, err, string(built))
	cmd := exec.Command(binary, "-addr", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // other tests cover its shutdown
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	require.NoError(t, err)
	var ready struct{ Addr, Token string }
	require.NoError(t, json.Unmarshal(line, &ready))
	transport := &http.Transport{DisableKeepAlives: true}
	return &program{
		url:   "http://" + ready.Addr,
		token: ready.Token,
		rec:   NewRecorder(theControlDocument(t), transport),
	}
}

// call sends a request to the control API and returns the response.
func (p *program) call(t *testing.T, method, path, body string, headers ...string) got {
	t.Helper()
	return p.do(t, p.request(t, method, path, body, headers...))
}

// wrong sends a request that no correct client sends. Only the response is
// compared with the document.
func (p *program) wrong(t *testing.T, method, path, body string, headers ...string) got {
	t.Helper()
	r := p.request(t, method, path, body, headers...)
	return p.do(t, r.WithContext(Deliberate(r.Context())))
}

// api sends a request to the API, which this document does not describe.
func (p *program) api(t *testing.T, method, path, body string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(p.request(t, method, "/v1"+path, body))
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Less(t, resp.StatusCode, 300)
}

func (p *program) request(
	t *testing.T, method, path, body string, headers ...string,
) *http.Request {
	t.Helper()
	headers = append([]string{"Authorization", "Bearer " + p.token}, headers...)
	r := request(t, method, "", body, headers...)
	at, err := r.URL.Parse(p.url + path)
	require.NoError(t, err)
	r.URL, r.Host = at, at.Host
	return r
}

func (p *program) do(t *testing.T, r *http.Request) got {
	t.Helper()
	resp, err := p.rec.RoundTrip(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	g := got{status: resp.StatusCode, header: resp.Header}
	if resp.Header.Get("Content-Type") == "application/json" {
		var body any
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&body))
		g.body, _ = body.(object)
	}
	return g
}
