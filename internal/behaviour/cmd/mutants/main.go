// Command mutants tests the checks. It makes each mistake of a list in the
// source of the fake, one line each, and runs the check of the claim that the
// mistake breaks. Run it in the root of the repository:
//
//	go run ./internal/behaviour/cmd/mutants
//	go run ./internal/behaviour/cmd/mutants -only idempotency
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// mutant is a mistake in the fake: a replacement in one file of helliotest.
type mutant struct {
	id   string // of the claim
	file string
	old  string // must occur exactly once
	new  string
}

func main() {
	only := flag.String("only", "", "try only the mutants whose claim contains this text")
	flag.Parse()
	noticed, tried, err := tryAll(*only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
	}
	fmt.Printf("mutants: %d of %d noticed\n", noticed, tried)
	if err != nil || noticed < tried || tried == 0 {
		os.Exit(1)
	}
}

func tryAll(only string) (noticed, tried int, err error) {
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(dir)
	for _, m := range mutants() {
		if !strings.Contains(m.id, only) {
			continue
		}
		caught, tryErr := m.try(dir)
		tried++
		verdict := "MISSED"
		switch {
		case tryErr != nil:
			verdict = "FAILED"
			err = errors.Join(err, fmt.Errorf("%s: %w", m.id, tryErr))
		case caught:
			noticed++
			verdict = "noticed"
		}
		fmt.Printf("%-36s %-60s %s\n", m.id, firstLine(m.new), verdict)
	}
	return noticed, tried, err
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// apply returns the source with the mistake.
func (m mutant) apply(source string) (string, error) {
	if n := strings.Count(source, m.old); n != 1 {
		return "", fmt.Errorf("invalid rule: %q occurs %d times in %s, want 1", m.old, n, m.file)
	}
	return strings.Replace(source, m.old, m.new, 1), nil
}

// try runs the check of the claim against the fake with the mistake, and
// reports whether it was noticed.
func (m mutant) try(dir string) (bool, error) {
	path, err := filepath.Abs(filepath.Join("helliotest", m.file))
	if err != nil {
		return false, err
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	mutated, err := m.apply(string(source))
	if err != nil {
		return false, err
	}
	changed, overlay := filepath.Join(dir, m.file), filepath.Join(dir, "overlay.json")
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{path: changed}})
	err = errors.Join(err, os.WriteFile(changed, []byte(mutated), 0o600),
		os.WriteFile(overlay, text, 0o600))
	if err != nil {
		return false, err
	}
	name := "TestTheFakeBehavesAsItClaims/" + m.id
	out, err := exec.Command("go", "test", "-vet=off", "-ldflags=-s -w", "-overlay", overlay,
		"-run", "^TestTheFakeBehavesAsItClaims$/^"+regexp.QuoteMeta(m.id)+"$",
		"./internal/behaviour/check").CombinedOutput()
	var failed *exec.ExitError
	switch {
	case err == nil && strings.Contains(string(out), "[no tests to run]"):
		return false, errors.New("there is no such check")
	case err == nil:
		return false, nil
	case errors.As(err, &failed) && strings.Contains(string(out), "--- FAIL: "+name+" "):
		return true, nil
	}
	return false, fmt.Errorf("%w: %s", err, out)
}
