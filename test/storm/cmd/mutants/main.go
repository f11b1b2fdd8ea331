// Command mutants tests the storm. It makes each mistake of a list in a copy of
// the client, and checks that the storm reports a violation. Run it in the root
// of the repository:
//
//	go run ./test/storm/cmd/mutants
//	go run ./test/storm/cmd/mutants -only budget
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	messages := flag.String("messages", "1900", "number of calls of each storm")
	seed := flag.String("seed", "1", "seed of each storm")
	only := flag.String("only", "", "try only the mutants whose name contains this text")
	flag.Parse()
	killed, tried, err := tryAll(*only, []string{"-messages", *messages, "-seed", *seed})
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
	fmt.Printf("mutants: %d of %d killed\n", killed, tried)
	if killed < tried || tried == 0 {
		os.Exit(1)
	}
}

// tryAll copies the repository once, checks that the storm reports no violation
// there, and tries each mutant in turn.
func tryAll(only string, args []string) (killed, tried int, err error) {
	root, err := repository()
	if err != nil {
		return 0, 0, err
	}
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(dir, sources{os.DirFS(root)}); err != nil {
		return 0, 0, err
	}
	if broken, err := storm(dir, args); err != nil || len(broken) > 0 {
		return 0, 0, errors.Join(err, fmt.Errorf("the unchanged client violates %v", broken))
	}
	const row = "%-65s %s\n"
	fmt.Printf(row, "mutant", "killed by")
	for _, m := range mutants {
		if !strings.Contains(m.name, only) {
			continue
		}
		broken, err := m.try(dir, args)
		if err != nil {
			return killed, tried, fmt.Errorf("%s: %w", m.name, err)
		}
		tried++
		verdict := "SURVIVED"
		if len(broken) > 0 {
			killed++
			verdict = strings.Join(broken, ", ")
		}
		fmt.Printf(row, m.name, verdict)
	}
	return killed, tried, nil
}

// try makes the mistake, runs the storm, and reverts the mistake. It returns
// the violated invariants.
func (m mutant) try(dir string, args []string) (broken []string, err error) {
	path := filepath.Join(dir, m.file)
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	mutated, err := m.apply(string(source))
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, []byte(mutated), 0o600); err != nil {
		return nil, err
	}
	broken, err = storm(dir, args)
	return broken, errors.Join(err, os.WriteFile(path, source, 0o600))
}

// apply returns the source with the mistake.
func (m mutant) apply(source string) (string, error) {
	if n := strings.Count(source, m.old); n != 1 {
		return "", fmt.Errorf("invalid rule: %q occurs %d times in %s, want 1", m.old, n, m.file)
	}
	return strings.Replace(source, m.old, m.new, 1), nil
}

var violated = regexp.MustCompile(`(?m)^VIOLATED (\S+) \d+ times$`)

// storm builds and runs the storm of a copy, and returns the invariants that do
// not hold.
func storm(dir string, args []string) ([]string, error) {
	program := filepath.Join(dir, "storm.bin")
	build := exec.Command("go", "build", "-o", program, "./cmd/storm")
	build.Dir = filepath.Join(dir, "test", "storm")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	out, err := exec.Command(program, args...).Output()
	var broken []string
	for _, match := range violated.FindAllStringSubmatch(string(out), -1) {
		broken = append(broken, match[1])
	}
	var status *exec.ExitError
	if errors.As(err, &status) && status.ExitCode() == 3 && len(broken) > 0 {
		err = nil
	}
	slices.Sort(broken)
	return broken, err
}

// repository returns the root of the workspace.
func repository() (string, error) {
	out, err := exec.Command("go", "env", "GOWORK").Output()
	file := strings.TrimSpace(string(out))
	if err != nil || file == "" || file == "off" {
		return "", errors.Join(err, errors.New("the current folder is outside the workspace"))
	}
	return filepath.Dir(file), nil
}
