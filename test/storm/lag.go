package storm

import (
	"sync"
	"time"
)

// lagMeter measures how late the timers of this process fire, so that a starved machine is not taken for a late client.
type lagMeter struct {
	mu    sync.Mutex
	lags  []lag
	ended chan struct{}
	done  sync.WaitGroup
}

type lag struct {
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
		before := time.Now()
		select {
		case <-m.ended:
			return
		case <-time.After(beat):
		}
		if late := time.Since(before) - beat; late > beat {
			m.mu.Lock()
			m.lags = append(m.lags, lag{time.Now(), late})
			m.mu.Unlock()
		}
	}
}

func (m *lagMeter) stop() {
	close(m.ended)
	m.done.Wait()
}

// around sums the lags of the second before t.
func (m *lagMeter) around(t time.Time) (sum time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := len(m.lags) - 1; i >= 0 && t.Sub(m.lags[i].at) < time.Second; i-- {
		sum += m.lags[i].by
	}
	return sum
}
