package helliotest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// dumpVariable names the directory for the dumps of failed tests. Without it no
// dump is written.
const dumpVariable = "HELLIOTEST_DUMP"

const (
	maxDumpName = 120
	maxDumps    = 1000 // of one test: several fakes, several runs
)

// dump is the world of a failed test: a snapshot that FromSnapshot and
// hellio-fake -open read, with the calls and the journal in it.
func (e *engine) dump(test, journal string) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.world.save()
	s.Requests = convertAll(e.world.requests, saveRequest)
	return seal(envelope{Test: test, Journal: strings.Split(journal, "\n")}, s)
}

// writeDump writes the dump into a new file of the directory, and returns its
// name.
func (e *engine) writeDump(dir, test, journal string) (path string, err error) {
	data, err := e.dump(test, journal)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	base := filepath.Join(dir, fileName(test))
	for n := 1; n <= maxDumps; n++ {
		path := base + ".json"
		if n > 1 {
			path = fmt.Sprintf("%s-%d.json", base, n)
		}
		err := writeNew(path, data)
		if !errors.Is(err, fs.ErrExist) {
			return path, err
		}
	}
	return "", fmt.Errorf("%s holds %d dumps of this test already", dir, maxDumps)
}

// writeNew writes a file that only its owner can read: tokens, codes and texts
// are in it.
func writeNew(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// fileName returns a file name for a test. It keeps letters, digits, "-", "_"
// and ".", but begins with no dot.
func fileName(test string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' ||
			r == '_' || r == '.' {
			return r
		}
		return '_'
	}, test)
	if strings.HasPrefix(name, ".") || name == "" {
		name = "_" + name
	}
	return name[:min(len(name), maxDumpName)]
}
