package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// block is a piece of code on docs/fake.md.
type block struct{ language, code string }

// pageBlocks are the pieces of the page, with the address of a program in place
// of the usual one.
func pageBlocks(t *testing.T, addr string) (blocks []block) {
	t.Helper()
	page, err := os.ReadFile("../../docs/fake.md")
	require.NoError(t, err)
	text := strings.ReplaceAll(string(page), "127.0.0.1:8420", addr)
	for _, found := range regexp.MustCompile("(?s)```(\\w+)\n(.*?)```").FindAllStringSubmatch(text,
		-1) {
		blocks = append(blocks, block{found[1], found[2]})
	}
	return blocks
}

// needs skips a test where a program is not installed.
func needs(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
}

func TestThePagesShellBlocksRun(t *testing.T) {
	t.Parallel()
	needs(t, "bash")
	needs(t, "curl")
	p := start(t)
	const end = "\x1e"
	script, want := "set -eu\n", [][]string{}
	for _, b := range pageBlocks(t, p.addr) {
		if b.language != "sh" {
			continue
		}
		script += b.code + "printf '" + end + "'\n"
		said := []string{}
		for _, line := range strings.Split(b.code, "\n") {
			if part, shown := strings.CutPrefix(line, "#> "); shown {
				said = append(said, part)
			}
		}
		want = append(want, said)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	got := strings.Split(string(out), end)
	require.NoError(t, err, "%s%s", got[len(got)-1], errs.String())
	require.Len(t, got, len(want)+1)
	require.Greater(t, len(want), 8)
	for i, parts := range want {
		require.NotEmpty(t, got[i]+strings.Join(parts, ""))
		for _, part := range parts {
			_, after, found := strings.Cut(got[i], part)
			require.True(t, found, "the page says %q, and what came is %q", part, got[i])
			got[i] = after // what the page says next comes after it
		}
	}
}

func TestThePagesOtherLanguagesRun(t *testing.T) {
	t.Parallel()
	p := start(t)
	for language, run := range map[string][]string{
		"python": {"python3", "page.py"},
		"js":     {"node", "page.mjs"},
		"php":    {"php", "page.php"},
		"ruby":   {"ruby", "page.rb"},
	} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			needs(t, run[0])
			dir, shown := t.TempDir(), 0
			for _, b := range pageBlocks(t, p.addr) {
				if b.language != language {
					continue
				}
				shown++
				require.NoError(t, os.WriteFile(filepath.Join(dir, run[1]), []byte(b.code), 0o600))
				cmd := exec.CommandContext(t.Context(), run[0], run[1])
				cmd.Dir = dir
				out, err := cmd.CombinedOutput()
				require.NoError(t, err, string(out))
			}
			require.Equal(t, 1, shown)
		})
	}
}
