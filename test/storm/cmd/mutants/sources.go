package main

import (
	"io/fs"
	"strings"
)

// sources is a file system without what begins with a dot.
type sources struct{ fs.FS }

// ReadDir leaves the hidden ones out.
func (s sources) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(s.FS, name)
	var kept []fs.DirEntry
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			kept = append(kept, e)
		}
	}
	return kept, err
}
