package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The vendor's MCP server appends /v1 to its address.
func TestMCPSettingsOfThePageReachTheFake(t *testing.T) {
	t.Parallel()
	p := start(t)
	page, err := os.ReadFile("../../docs/agents.md")
	require.NoError(t, err)
	text := strings.ReplaceAll(string(page), "127.0.0.1:8420", p.addr)

	found := regexp.MustCompile("(?s)```json\n(.*?)```").FindStringSubmatch(text)
	require.NotNil(t, found)
	var config struct {
		MCPServers map[string]struct{ Env map[string]string }
	}
	require.NoError(t, json.Unmarshal([]byte(found[1]), &config))
	env := config.MCPServers["hellio"].Env
	get := func(url, token string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode, url)
	}
	get(env["HELLIO_API_BASE_URL"]+"/v1/balance", env["HELLIO_API_TOKEN"])

	calls := regexp.MustCompile(`curl -sS -H "Authorization: Bearer (\w+)" (\S+)`).
		FindAllStringSubmatch(text, -1)
	require.Len(t, calls, 2)
	for _, call := range calls {
		get(call[2], call[1])
	}
}

func TestEachPageForToolsExists(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../llms.txt")
	require.NoError(t, err)
	links := regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(string(text), -1)
	require.Greater(t, len(links), 10)
	for _, link := range links {
		require.FileExists(t, filepath.Join("../..", link[1]))
	}
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	for _, page := range pages {
		require.Contains(t, string(text), "(docs/"+filepath.Base(page)+")")
	}
}
