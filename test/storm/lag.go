package storm

import (
	"sync"
	"time"
)

// lagMeter measures how late the timers of this process fire, so that the
// checker does not blame the client for a slow machine.
type lagMeter struct {
	mu      sync.Mutex
	samples []lagSample
	ended   chan struct{}
	done    sync.WaitGroup
}

type lagSample struct {
	at time.Time
	by time.Duration
}

const beat = 20 * time.Millisecond

func newLagMeter() *lagMeter {
	m := &lagMeter{ended: make(chan struct{})}
	m.done.Go(m.measure)
	return m
}

func (m *lagMeter) measure() {
	for {
		start := time.Now()
		select {
		case <-m.ended:
			return
		case <-time.After(beat):
		}
		if by := time.Since(start) - beat; by > beat {
			m.mu.Lock()
			m.samples = append(m.samples, lagSample{time.Now(), by})
			m.mu.Unlock()
		}
	}
}

func (m *lagMeter) stop() {
	close(m.ended)
	m.done.Wait()
}

// around returns the sum of the lags in the second before t.
func (m *lagMeter) around(t time.Time) (sum time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := len(m.samples) - 1; i >= 0 && t.Sub(m.samples[i].at) < time.Second; i-- {
		sum += m.samples[i].by
	}
	return sum
}
