// Command mutants tests the checks. It makes each mistake of a list in the
// source of the fake, one line each, and runs the check of the claim that the
// mistake breaks. All mistakes within functions are in one build, and a
// variable chooses the one that acts. Run it in the root of the repository:
//
//	go run ./internal/behaviour/cmd/mutants
//	go run ./internal/behaviour/cmd/mutants -only idempotency
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
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

// tryAll builds what all mutants share, and tries each in turn.
func tryAll(only string) (noticed, tried int, err error) {
	b, err := newBench()
	if err != nil {
		return 0, 0, err
	}
	defer b.remove()
	chosen, alone := b.combine(mutants(), only)
	if err := b.build(); err != nil {
		return 0, 0, err
	}
	for i, m := range mutants() {
		if !strings.Contains(m.id, only) {
			continue
		}
		var caught bool
		var tryErr error
		if number := chosen[i]; number > 0 {
			caught, tryErr = b.run(b.program, m, number)
		} else {
			caught, tryErr = b.tryAlone(m, alone[i])
		}
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
