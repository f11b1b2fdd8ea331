package measure

import (
	"errors"
	"testing"
	"time"
)

func TestRatiosAreTakenWithinARound(t *testing.T) {
	// The machine is ten times slower in the second round, for both calls.
	got := ratios([][]float64{{10, 100, 20}, {15, 150, 30}})
	if got[0].Median != 1 || got[1].Median != 1.5 {
		t.Errorf("ratios are %+v", got)
	}
	if want := 30 * time.Nanosecond; got[1].Time != want {
		t.Errorf("median time is %v, want %v", got[1].Time, want)
	}
}

var sink []byte

func TestAllocationsAreCountedPerCall(t *testing.T) {
	bytes, count, err := Allocations(func() error {
		sink = make([]byte, 1024)
		sink = make([]byte, 2048)
		return nil
	}, 1000)
	if err != nil || bytes < 3072 || bytes > 3300 || count < 2 || count > 3 {
		t.Errorf("%d B in %d allocations, error %v", bytes, count, err)
	}
}

func TestAFailingCallIsNotMeasured(t *testing.T) {
	failed := errors.New("failed")
	bad := func() error { return failed }
	if _, err := Paired([]func() error{bad}, 1, time.Microsecond); !errors.Is(err, failed) {
		t.Errorf("Paired: %v", err)
	}
	if _, _, err := Allocations(bad, 1); !errors.Is(err, failed) {
		t.Errorf("Allocations: %v", err)
	}
}
