//go:build !race

package bench_test

import (
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/hellio-go/hellio/test/bench/internal/measure"
	"github.com/hellio-go/hellio/test/bench/internal/peers"
)

// cost returns the bytes and allocations of a call of the client. They repeat
// exactly, so they are a gate; times are not. The race detector adds
// allocations of its own.
func cost(t *testing.T, column peers.Column) (bytes, allocs uint64) {
	t.Helper()
	for _, peer := range peers.All() {
		if peer.Name != "hellio" {
			continue
		}
		call, closeWire, err := peer.Open(column)
		if err != nil {
			t.Fatal(err)
		}
		defer closeWire()
		if bytes, allocs, err = measure.Allocations(call, 2000); err != nil {
			t.Fatal(err)
		}
	}
	return bytes, allocs
}

func TestACallStaysWithinItsAllocations(t *testing.T) {
	for _, column := range peers.Columns() {
		if column.Target.Allocs == 0 {
			continue
		}
		bytes, allocs := cost(t, column)
		t.Logf("%s: %d bytes, %d allocations, target %s", column.Name, bytes, allocs, column.Target)
		if bytes > column.Target.Bytes || allocs > column.Target.Allocs {
			t.Errorf("%s: %d bytes and %d allocations, want %s",
				column.Name, bytes, allocs, column.Target)
		}
	}
}

// Another patch release of Go may differ by one or two.
func TestREADMEShowsWhatACallAllocates(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	cell := `[0-9.]+ / \d+ B / (\d+) *\|`
	row := regexp.MustCompile(`\n\| hellio *\| ` + cell + " " + cell + " " + cell)
	shown := row.FindStringSubmatch(string(readme))
	if shown == nil {
		t.Fatal("the README has no row of the client")
	}
	for _, column := range peers.Columns() {
		if column.Target.Allocs == 0 {
			continue
		}
		shown = shown[1:]
		claimed, _ := strconv.Atoi(shown[0])
		_, allocs := cost(t, column)
		if off := claimed - int(allocs); off < -2 || off > 2 {
			t.Errorf("%s: the README claims %d allocations, measured %d: "+
				"go run ./test/bench/cmd/table -readme README.md", column.Name, claimed, allocs)
		}
	}
}
