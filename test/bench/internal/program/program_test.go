package program

import (
	"testing"
	"time"
)

func TestOnlyPackagesOutsideTheStandardLibraryAreSummed(t *testing.T) {
	trace := `init internal/godebug @0.21 ms, 0.030 ms clock, 624 bytes, 7 allocs
init github.com/hellio-go/hellio @0.31 ms, 0.010 ms clock, 32 bytes, 2 allocs
init crypto/x509 @0.41 ms, 0.50 ms clock, 624 bytes, 7 allocs
init example.com/other @0.51 ms, 0.002 ms clock, 0 bytes, 0 allocs
init main @0.61 ms, 0.40 ms clock, 0 bytes, 0 allocs
`
	if got, want := sumInits(trace), 12*time.Microsecond; got != want {
		t.Errorf("the inits took %v, want %v", got, want)
	}
}
