// Command style counts what CONTRIBUTING.md forbids in the Go code of a module,
// prints each place, and exits with status 1 if there is any.
//
//	style [-count] DIR...
//
// DIR is one folder, DIR/... also those below it, without nested modules and
// testdata. Generated files are not checked.
package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	count := flag.Bool("count", false, "print the figures only")
	flag.Parse()
	total := 0
	for _, dir := range flag.Args() {
		found, err := check(dir)
		if err != nil {
			fmt.Fprintln(os.Stderr, "style:", err)
			os.Exit(2)
		}
		total += len(found)
		report(dir, found, *count)
	}
	if total > 0 {
		os.Exit(1)
	}
}

// finding is one place that breaks a rule.
type finding struct {
	rule string
	file string
	line int
	text string
}

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

// check returns what breaks a rule in the folders that a pattern names.
func check(pattern string) ([]finding, error) {
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
	var found []finding
	for _, files := range folders {
		more, err := checkFolder(files)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	slices.SortFunc(found, func(a, b finding) int {
		if c := strings.Compare(a.file, b.file); c != 0 {
			return c
		}
		return a.line - b.line
	})
	return found, nil
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

func report(dir string, found []finding, countOnly bool) {
	if !countOnly {
		for _, f := range found {
			fmt.Printf("%s:%d: %s: %s\n", f.file, f.line, f.rule, f.text)
		}
	}
	fmt.Printf("%s:", dir)
	for _, rule := range rules {
		n := 0
		for _, f := range found {
			if f.rule == rule {
				n++
			}
		}
		fmt.Printf(" %s %d;", rule, n)
	}
	fmt.Println()
}
