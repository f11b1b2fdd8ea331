package helliobulk

// journal commits what several workers report at the same time in one
// transaction: each costs an fsync.
type journal struct {
	batch   *Batch
	writes  chan write
	stopped chan struct{}
	changed func()
}

type write struct {
	change change
	done   chan error
}

func newJournal(b *Batch, workers int, changed func()) *journal {
	j := &journal{
		batch:   b,
		writes:  make(chan write, workers),
		stopped: make(chan struct{}),

		changed: changed,
	}
	go j.run()
	return j
}

// put returns when the change is on disk, or could not be put there.
func (j *journal) put(c change) error {
	w := write{c, make(chan error, 1)}
	j.writes <- w
	return <-w.done
}

// close ends the journal; no put may be under way.
func (j *journal) close() {
	close(j.writes)
	<-j.stopped
}

func (j *journal) run() {
	defer close(j.stopped)
	for first := range j.writes {
		together := j.gather([]write{first})
		changes := make([]change, len(together))
		for i, w := range together {
			changes[i] = w.change
		}
		err := j.batch.commit(changes)
		for _, w := range together {
			w.done <- err
		}
		if err == nil {
			j.changed()
		}
	}
}

// gather adds what has come while the last commit was under way.
func (j *journal) gather(together []write) []write {
	for {
		select {
		case w, open := <-j.writes:
			if !open {
				return together
			}
			together = append(together, w)
		default:
			return together
		}
	}
}
