package list_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/hellio-go/hellio/helliobulk/internal/list"
)

// FuzzList reads whatever comes: it ends, names a line when it refuses, and
// never quotes a number.
func FuzzList(f *testing.F) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "1", "")
		f.Add(data, "phone", "first_name")
	}
	number := regexp.MustCompile(`[0-9]{8}`)
	escape := regexp.MustCompile(`\\(x..|u....|U........)`) // how %q writes what cannot be shown
	f.Fuzz(func(t *testing.T, data []byte, column, field string) {
		format := list.Format{Column: column}
		if field != "" {
			format.Fields = []string{field}
		}
		entries, err := read(bytes.NewReader(data), format)
		if len(entries) > len(data) {
			t.Fatalf("%d entries of %d bytes", len(entries), len(data))
		}
		if err == nil || number.MatchString(column+field) {
			return
		}
		var refused *list.Error
		if !errors.As(err, &refused) || refused.Line < 1 || errors.Is(err, io.EOF) {
			t.Fatalf("not a list's error: %v", err)
		}
		if number.MatchString(escape.ReplaceAllString(refused.Reason, "?")) {
			t.Fatalf("it quotes a number: %v", err)
		}
	})
}
