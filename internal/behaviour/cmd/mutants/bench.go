package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// switchVariable chooses the mutant of a combined build.
const switchVariable = "HELLIO_MUTANT"

// bench builds and runs the checks against changed sources.
type bench struct {
	root, dir string
	sources   map[string]string // of helliotest
	combined  map[string]string // with the mutants in them
	program   string
}

func newBench() (*bench, error) {
	root, err := filepath.Abs(".")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return nil, err
	}
	b := &bench{
		root:     root,
		dir:      dir,
		sources:  make(map[string]string),
		combined: make(map[string]string),
	}
	for _, m := range mutants() {
		source, err := os.ReadFile(filepath.Join(root, "helliotest", m.file))
		if err != nil {
			b.remove()
			return nil, err
		}
		b.sources[m.file] = string(source)
	}
	return b, nil
}

func (b *bench) remove() { _ = os.RemoveAll(b.dir) }

// combine puts the mutants within functions into one build. It returns the
// number of each, and the source of those that need a build of their own.
func (b *bench) combine(all []mutant, only string) (numbers map[int]int, alone map[int]string) {
	numbers, alone = make(map[int]int), make(map[int]string)
	changes := make(map[string]*combination)
	for i, m := range all {
		mutated, err := m.apply(b.sources[m.file])
		if err != nil || !strings.Contains(m.id, only) {
			continue
		}
		if changes[m.file] == nil {
			changes[m.file] = newCombination(b.sources[m.file])
		}
		if changes[m.file].add(mutated, i+1) {
			numbers[i] = i + 1
		} else {
			alone[i] = mutated
		}
	}
	for file, c := range changes {
		b.combined[file] = c.text()
	}
	b.combined["active_mutant.go"] = `package helliotest

import (
	"os"
	"strconv"
)

var activeMutant, _ = strconv.Atoi(os.Getenv("` + switchVariable + `"))
`
	return numbers, alone
}

// build builds the checks with all combined mutants.
func (b *bench) build() (err error) {
	b.program, err = b.compile("combined", b.combined)
	return err
}

// tryAlone builds the checks with one mutant, and runs its check.
func (b *bench) tryAlone(m mutant, source string) (bool, error) {
	if source == "" {
		return false, errors.New("the rule does not match")
	}
	program, err := b.compile("alone", map[string]string{m.file: source})
	if err != nil {
		return false, err
	}
	return b.run(program, m, 0)
}

// compile builds the tests of the checks with some sources replaced.
func (b *bench) compile(name string, sources map[string]string) (string, error) {
	replace := make(map[string]string)
	for file, text := range sources {
		changed := filepath.Join(b.dir, name+"_"+file)
		if err := os.WriteFile(changed, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(b.root, "helliotest", file)] = changed
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay, program := filepath.Join(b.dir, name+".json"), filepath.Join(b.dir, name+".test")
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		return "", err
	}
	out, err := exec.Command("go", "test", "-c", "-o", program, "-vet=off", "-ldflags=-s -w",
		"-overlay", overlay, "./internal/behaviour/check").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return program, nil
}

// run runs the check of a mutant, and reports whether it failed.
func (b *bench) run(program string, m mutant, number int) (bool, error) {
	cmd := exec.Command(program, "-test.run",
		"^TestTheFakeBehavesAsItClaims$/^"+regexp.QuoteMeta(m.id)+"$")
	cmd.Dir = filepath.Join(b.root, "internal", "behaviour", "check")
	cmd.Env = append(os.Environ(), switchVariable+"="+strconv.Itoa(number))
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	switch {
	case err == nil && strings.Contains(string(out), "no tests to run"):
		return false, errors.New("there is no such check")
	case err == nil:
		return false, nil
	case errors.As(err, &failed) &&
		strings.Contains(string(out), "--- FAIL: TestTheFakeBehavesAsItClaims/"+m.id+" "):
		return true, nil
	}
	return false, fmt.Errorf("%w: %s", err, out)
}
