//go:build !race

package bench_test

import (
	"testing"

	"github.com/hellio-go/hellio/test/bench/internal/measure"
	"github.com/hellio-go/hellio/test/bench/internal/peers"
)

// Bytes and allocations repeat exactly, so they are a gate; times are not. The
// race detector adds allocations of its own.
func TestACallStaysWithinItsAllocations(t *testing.T) {
	for _, column := range peers.Columns() {
		for _, peer := range peers.All() {
			if peer.Name != "hellio" || column.Target.Allocs == 0 {
				continue
			}
			call, closeWire, err := peer.Open(column)
			if err != nil {
				t.Fatal(err)
			}
			defer closeWire()
			bytes, allocs, err := measure.Allocations(call, 2000)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s: %d bytes, %d allocations, target %s", column.Name, bytes, allocs, column.Target)
			if bytes > column.Target.Bytes || allocs > column.Target.Allocs {
				t.Errorf("%s: %d bytes and %d allocations, want %s",
					column.Name, bytes, allocs, column.Target)
			}
		}
	}
}
