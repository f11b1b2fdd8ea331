package generators

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// wanted is what each client prints: three sends, a refusal, the messages in
// pages of two, and a code that is first wrong and then right.
const wanted = `send queued 1 0.0310
send queued 1 0.0310
send queued 1 0.0310
422 sender_not_approved
page Message 2
page Message 1
page Message 0
otp queued
verify false invalid
verify true verified
`

// operations is the number of operations that a client calls.
const operations = 33

// outside keeps a module out of this workspace.
var outside = []string{"GOWORK=off", "GOFLAGS="}

func TestClientOfOgenWorks(t *testing.T) {
	t.Parallel()
	dir := copied(t, "golang")
	run(t, dir, outside, "go", "tool", "ogen", "--config", "ogen.yml", "--target", "ogen/api",
		"--package", "api", document(t))
	code := read(t, dir, "ogen/api/oas_client_gen.go")
	calls := regexp.MustCompile(`(?m)^func \(c \*Client\) [A-Z]\w+\(ctx context\.Context`)
	require.Len(t, calls.FindAllString(code, -1), operations)
	useGo(t, dir, "ogen")
}

func TestClientOfOapiCodegenNeedsNoOptions(t *testing.T) {
	t.Parallel()
	dir := copied(t, "golang")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "oapi", "api"), 0o755))
	run(t, dir, outside, "go", "tool", "oapi-codegen", "-package", "api", "-o", "oapi/api/api.go",
		document(t))
	calls := regexp.MustCompile(`(?m)^func Parse\w+Response\(`)
	require.Len(t, calls.FindAllString(read(t, dir, "oapi/api/api.go"), -1), operations)
	useGo(t, dir, "oapi")
}

// useGo compiles a client with the program that uses it, and runs it. With
// -trimpath the build cache serves the next temporary directory as well.
func useGo(t *testing.T, dir, name string) {
	t.Helper()
	binary := filepath.Join(dir, name+".bin")
	run(t, dir, outside, "go", "build", "-trimpath", "-o", binary, "./"+name)
	url, token := startFake(t)
	require.Equal(t, wanted, run(t, dir, nil, binary, url, token))
}

func TestClientOfOpenAPITypeScriptWorks(t *testing.T) {
	t.Parallel()
	dir := withPackages(t)
	npx(t, dir, "openapi-typescript", document(t), "-o", "api.ts")
	calls := regexp.MustCompile(`(?m)^        (?:get|post|put|delete): operations\["`)
	paths, _, ok := strings.Cut(read(t, dir, "api.ts"), "export interface webhooks")
	require.True(t, ok)
	require.Len(t, calls.FindAllString(paths, -1), operations)
	npx(t, dir, "tsc")
	url, token := startFake(t)
	require.Equal(t, wanted, run(t, dir, nil, "node", "out/main.js", url, token))
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	return string(text)
}
