// Package measure compares the times of calls, and counts their allocations.
package measure

import (
	"runtime"
	"slices"
	"time"
)

// Ratio is the time of a call as a multiple of the first call's time.
type Ratio struct {
	Median float64
	Time   time.Duration // of one call, the median of the rounds
}

// Paired compares the times of the calls with the time of the first one. Each
// round runs a batch of every call in turn, so a slow phase of the machine
// affects both sides of a ratio. The result is the median of the rounds'
// ratios. Each round begins with another call.
func Paired(calls []func() error, rounds int, batch time.Duration) ([]Ratio, error) {
	sizes := make([]int, len(calls))
	for i, call := range calls {
		size, err := batchSize(call, batch)
		if err != nil {
			return nil, err
		}
		sizes[i] = size
	}
	times := make([][]float64, len(calls))
	for round := range rounds {
		for offset := range calls {
			i := (round + offset) % len(calls)
			each, err := timeBatch(calls[i], sizes[i])
			if err != nil {
				return nil, err
			}
			times[i] = append(times[i], each)
		}
	}
	return ratios(times), nil
}

// ratios divides each round's times by the first call's time in that round.
func ratios(times [][]float64) []Ratio {
	result := make([]Ratio, len(times))
	for i, own := range times {
		quotients := make([]float64, len(own))
		for round, t := range own {
			quotients[round] = t / times[0][round]
		}
		result[i] = Ratio{Median: median(quotients), Time: time.Duration(median(own))}
	}
	return result
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// batchSize returns the number of calls that take about the given time.
func batchSize(call func() error, batch time.Duration) (int, error) {
	for size := 1; ; size *= 2 {
		each, err := timeBatch(call, size)
		if err != nil {
			return 0, err
		}
		if took := each * float64(size); took >= float64(batch)/2 {
			return max(1, int(float64(batch)/each)), nil
		}
	}
}

// timeBatch makes n calls and returns the nanoseconds per call.
func timeBatch(call func() error, n int) (float64, error) {
	start := time.Now()
	for range n {
		if err := call(); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(start)) / float64(n), nil
}

// Allocations returns the bytes and the number of allocations per call, an
// average over n calls. It counts the whole process, as go test -benchmem does.
func Allocations(call func() error, n int) (bytes, count uint64, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		if err := call(); err != nil {
			return 0, 0, err
		}
	}
	runtime.ReadMemStats(&after)
	bytes = (after.TotalAlloc - before.TotalAlloc) / uint64(n)
	count = (after.Mallocs - before.Mallocs) / uint64(n)
	return bytes, count, nil
}
