package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"golang.org/x/mod/module"
)

// licencesOf returns the licence texts of the modules. A module without one is
// an error: its binary must not be given away.
func licencesOf(root string, linked []*debug.Module) (string, error) {
	var all strings.Builder
	for _, m := range linked {
		dir, err := sourceOf(root, m)
		if err != nil {
			return "", err
		}
		texts, err := licenceFiles(dir)
		if err != nil {
			return "", err
		}
		if len(texts) == 0 {
			return "", fmt.Errorf("%s has no licence file", m.Path)
		}
		fmt.Fprintf(&all, "==== %s\n\n%s\n", m.Path, strings.Join(texts, "\n"))
	}
	return all.String(), nil
}

// sourceOf returns the folder of a module's source.
func sourceOf(root string, m *debug.Module) (string, error) {
	switch {
	case m.Path == "std":
		return output(root, nil, "go", "env", "GOROOT")
	case m.Path == core || strings.HasPrefix(m.Path, core+"/"):
		return root, nil // one licence for all modules
	}
	cache, err := output(root, nil, "go", "env", "GOMODCACHE")
	if err != nil {
		return "", err
	}
	escaped, err := module.EscapePath(m.Path)
	if err != nil {
		return "", err
	}
	number, err := module.EscapeVersion(m.Version)
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, escaped+"@"+number), nil
}

// licenceFiles returns the texts of the licence and notice files in dir.
func licenceFiles(dir string) (texts []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		kind, _, _ := strings.Cut(name, ".")
		switch kind {
		case "LICENSE", "LICENCE", "COPYING", "NOTICE":
		default:
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(text))
	}
	return texts, nil
}
