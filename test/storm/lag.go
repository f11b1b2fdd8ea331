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
	started time.Time // of the current beat
	ended   chan struct{}
	done    sync.WaitGroup
}

type lagSample struct {
	at time.Time
	by time.Duration
}

const beat = 20 * time.Millisecond

func newLagMeter() *lagMeter {
	m := &lagMeter{ended: make(chan struct{}), started: time.Now()}
	m.done.Go(m.measure)
	return m
}

func (m *lagMeter) measure() {
	for {
		select {
		case <-m.ended:
			return
		case <-time.After(beat):
		}
		m.mu.Lock()
		now := time.Now()
		if by := now.Sub(m.started) - beat; by > beat {
			m.samples = append(m.samples, lagSample{now, by})
		}
		m.started = now
		m.mu.Unlock()
	}
}

func (m *lagMeter) stop() {
	close(m.ended)
	m.done.Wait()
}

// since returns the sum of the lags from t on. It counts the current beat,
// because the end of a stall may wake the meter last.
func (m *lagMeter) since(t time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	sum := max(0, time.Since(m.started)-beat)
	for i := len(m.samples) - 1; i >= 0 && m.samples[i].at.After(t); i-- {
		sum += m.samples[i].by
	}
	return sum
}
