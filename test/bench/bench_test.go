package bench_test

import (
	"testing"

	"github.com/hellio-go/hellio/test/bench/internal/peers"
)

// BenchmarkCall runs each row in each column: BenchmarkCall/<column>/<row>.
func BenchmarkCall(b *testing.B) {
	for _, column := range peers.Columns() {
		for _, peer := range peers.All() {
			b.Run(column.Name+"/"+peer.Name, func(b *testing.B) {
				call, closeWire, err := peer.Open(column)
				if err != nil {
					b.Fatal(err)
				}
				defer closeWire()
				b.ReportAllocs()
				for b.Loop() {
					if err := call(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
