package main

import (
	"bytes"
	"debug/buildinfo"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The test builds one program for this system, twice in different folders.
func TestTheSameCommitMakesTheSameBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program twice")
	}
	all := programs
	programs = programs[:1]
	defer func() { programs = all }()
	systems := []string{runtime.GOOS + "/" + runtime.GOARCH}
	var written [2]map[string][]byte
	for i := range written {
		dir := t.TempDir()
		if err := distribute("HEAD", dir, systems); err != nil {
			t.Fatal(err)
		}
		written[i] = read(t, dir)
		binary, err := buildinfo.ReadFile(filepath.Join(dir, programs[0].file(systems[0])))
		if err != nil {
			t.Fatal(err)
		}
		if binary.Main.Version != version {
			t.Errorf("the binary says version %s, want %s", binary.Main.Version, version)
		}
	}
	if len(written[0]) != 4 {
		t.Fatalf("got %d files, want a binary, its SBOM, its licences and SHA256SUMS", len(written[0]))
	}
	for name, data := range written[0] {
		if !bytes.Equal(data, written[1][name]) {
			t.Errorf("%s differs between two builds", name)
		}
	}
	sums := string(written[0]["SHA256SUMS"])
	for name := range written[0] {
		if name != "SHA256SUMS" && !strings.Contains(sums, "  "+name+"\n") {
			t.Errorf("SHA256SUMS lacks %s", name)
		}
	}
}

func read(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}
