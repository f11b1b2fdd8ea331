package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliotest"
)

// against runs the program against a fake whose response bodies pass through
// edit.
func against(
	t *testing.T, edit func(path, body string) string, input string, args ...string,
) (differences int, output string, fake *helliotest.Fake) {
	t.Helper()
	fake = helliotest.New(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		fake.Handler().ServeHTTP(answer, r)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(answer.Code)
		_, _ = io.WriteString(w, edit(r.URL.Path, answer.Body.String()))
	}))
	t.Cleanup(server.Close)
	t.Setenv("HELLIO_API_TOKEN", helliotest.DefaultToken)
	t.Setenv("HELLIO_BASE_URL", server.URL+"/v1")
	var out bytes.Buffer
	differences, err := run(t.Context(), args, strings.NewReader(input), &out)
	require.NoError(t, err)
	return differences, out.String(), fake
}

func unchanged(_, body string) string { return body }

func TestFakeMatchesTheDocument(t *testing.T) {
	differences, output, fake := against(t, unchanged, "", "-spend", "-yes", "-to", "+233209990001")
	require.Zero(t, differences, output)
	require.NotEmpty(t, fake.Messages())
	again, output, _ := against(t, unchanged, "")
	require.Zero(t, again, output)
}

func TestEachChangedBodyIsReported(t *testing.T) {
	for name, c := range map[string]struct {
		path, from, to, want string
	}{
		"a number where a string is required": {"/v1/balance", `"100.0000"`, `100`, "balance"},
		"an undescribed member": {
			"/v1/balance", `"currency"`, `"currency_code"`, "currency",
		},
		"a null":                             {"/v1/pricing", `"GHS"`, `null`, "pricing"},
		"an object where a list is required": {"/v1/webhooks", `[]`, `{}`, "webhook"},
	} {
		t.Run(name, func(t *testing.T) {
			edit := func(path, body string) string {
				if path == c.path {
					return strings.ReplaceAll(body, c.from, c.to)
				}
				return body
			}
			differences, output, _ := against(t, edit, "")
			require.Positive(t, differences)
			require.Contains(t, output, c.want)
		})
	}
}

func TestSpendingNeedsAYes(t *testing.T) {
	for _, answer := range []string{"", "n\n", "yes, but no\n"} {
		_, output, fake := against(t, unchanged, answer, "-spend", "-to", "+233209990001")
		require.Empty(t, fake.Messages())
		require.Contains(t, output, "nothing was sent")
	}
	_, err := run(t.Context(), []string{"-spend"}, strings.NewReader(""), io.Discard)
	require.ErrorContains(t, err, "-to")
}
