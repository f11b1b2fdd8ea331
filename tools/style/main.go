// Style checks the countable rules of the project's Go style. It prints each
// place that breaks a rule, and the figures of each DIR.
//
//	style [-count] DIR...
//
// DIR is one folder. DIR/... includes the folders below it, except nested
// modules, testdata and hidden folders. Generated files are not checked.
//
// The exit status is 1 if any place breaks a rule or if more than 2 % of the
// code lines are over 100 columns, and 2 if a DIR cannot be read. -count prints
// the figures alone.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	count := flag.Bool("count", false, "print the figures only")
	flag.Parse()
	os.Exit(run(os.Stdout, os.Stderr, flag.Args(), *count))
}

// run checks the folders and returns the exit status.
func run(out, errOut io.Writer, dirs []string, countOnly bool) int {
	status := 0
	for _, dir := range dirs {
		r, err := check(dir)
		if err != nil {
			fmt.Fprintln(errOut, "style:", err)
			return 2
		}
		r.print(out, dir, countOnly)
		if len(r.found) > 0 || r.tooLong() {
			status = 1
		}
	}
	if len(dirs) == 0 {
		fmt.Fprintln(errOut, "style: no folder given")
		return 2
	}
	return status
}

// finding is one place that breaks a rule.
type finding struct {
	rule string
	file string
	line int
	text string
}

// result is what the check of a DIR finds.
type result struct {
	found []finding
	lines int // of code
	long  int // of them over 100 columns
}

// tooLong reports whether more than 2 % of the code lines are long.
func (r *result) tooLong() bool { return r.long*50 > r.lines }

// rules are the names of all rules, in the order of the report.
var rules = []string{
	ruleCommentWidth,
	ruleCodeWidth,
	ruleVerbs,
	ruleUncommented,
	rulePacked,
	ruleTuple,
	ruleShadow,
	ruleTestName,
}

// check checks the folders that a pattern names.
func check(pattern string) (*result, error) {
	dir, below := strings.CutSuffix(pattern, "/...")
	folders := map[string][]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return enter(dir, path, d.Name(), below)
		case strings.HasSuffix(path, ".go"):
			folders[filepath.Dir(path)] = append(folders[filepath.Dir(path)], path)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	r := &result{}
	for _, files := range folders {
		f, err := checkFolder(files)
		if err != nil {
			return nil, err
		}
		r.found = append(r.found, f.found...)
		r.lines += f.lines
		r.long += f.long
	}
	slices.SortFunc(r.found, func(a, b finding) int {
		return cmp.Or(strings.Compare(a.file, b.file), a.line-b.line)
	})
	return r, nil
}

// enter reports by fs.SkipDir that a folder does not belong to dir.
func enter(dir, path, name string, below bool) error {
	if path == dir {
		return nil
	}
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	if !below || err == nil || name == "testdata" || strings.HasPrefix(name, ".") {
		return fs.SkipDir
	}
	return nil
}

// print writes the places and one line of figures.
func (r *result) print(w io.Writer, dir string, countOnly bool) {
	if !countOnly {
		for _, f := range r.found {
			fmt.Fprintf(w, "%s:%d: %s: %s\n", f.file, f.line, f.rule, f.text)
		}
	}
	fmt.Fprintf(w, "%s:", dir)
	for _, rule := range rules {
		n := 0
		for _, f := range r.found {
			if f.rule == rule {
				n++
			}
		}
		fmt.Fprintf(w, " %s %d;", rule, n)
	}
	share := 100 * float64(r.long) / float64(max(r.lines, 1))
	fmt.Fprintf(w, " code over %d columns %d of %d (%.1f %%)\n", longWidth, r.long, r.lines, share)
}
