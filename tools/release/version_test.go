package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestEachFileHasTheVersionOfTheRelease(t *testing.T) {
	root, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	client, err := os.ReadFile(filepath.Join(root, "client.go"))
	if err != nil {
		t.Fatal(err)
	}
	constant := `const Version = "` + strings.TrimPrefix(version, "v") + `"`
	if !strings.Contains(string(client), constant) {
		t.Errorf("client.go lacks %s", constant)
	}
	files, err := output(root, nil, "git", "ls-files", "*go.mod", "go.work")
	if err != nil {
		t.Fatal(err)
	}
	required := regexp.MustCompile(`(?m)^\s*(?:require |replace )?` + core + `\S* (v\S+)`)
	found := 0
	for _, name := range strings.Fields(files) {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range required.FindAllStringSubmatch(string(text), -1) {
			found++
			if match[1] != version {
				t.Errorf("%s: %s, want %s", name, strings.TrimSpace(match[0]), version)
			}
		}
	}
	if found < 10 {
		t.Errorf("found %d requirements, want at least 10", found)
	}
}
