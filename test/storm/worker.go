package storm

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"
)

// Job is what one process is to do.
type Job struct {
	Name      string
	Seed      uint64
	Phase     Phase
	Items     []Item
	Addresses Addresses
	Lanes     int // calls at the same time
	Paced     bool
}

// Item is one call of a job.
type Item struct {
	Call  int
	Key   string // "" in the storm
	Again bool
}

// Result is what a process reports.
type Result struct {
	Records []Record
	Before  Held // what the process held at its beginning
	After   Held // and at its end
	Stacks  string
}

// Held counts what a process holds on to.
type Held struct{ Goroutines, Files int }

// baseline is what a process holds before its work, once the runtime has opened what it needs for sockets.
func baseline() Held {
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		_ = l.Close()
	}
	return held()
}

func held() Held {
	files, _ := os.ReadDir("/proc/self/fd")
	return Held{runtime.NumGoroutine(), len(files)}
}

// stacks tells what still runs, where more runs than before.
func stacks(before, after Held) string {
	if after.Goroutines <= before.Goroutines {
		return ""
	}
	text := make([]byte, 64<<10)
	return string(text[:runtime.Stack(text, true)])
}

// settled waits until the process holds no more than before, for at most five seconds.
func settled(before Held) (now Held) {
	for range 250 {
		if now = held(); now.Goroutines <= before.Goroutines && now.Files <= before.Files {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return now
}

// laneKind is a transport that calls share.
type laneKind struct {
	proto  Proto
	secure bool
	wrap   Wrap
}

// run makes the job's calls in this process.
func (j Job) run() ([]Record, error) {
	planner := NewPlanner(j.Seed)
	queues := map[laneKind][]Item{}
	for _, it := range j.Items {
		p := planner.Plan(it.Call)
		kind := laneKind{p.Lane, p.Secure, p.Wrap}
		queues[kind] = append(queues[kind], it)
	}
	c := &crew{job: j, planner: planner, lag: newLagMeter()}
	defer c.lag.stop()
	for kind, items := range queues {
		if j.Phase == Crowding {
			c.together(kind, items)
		} else {
			c.start(kind, items)
		}
	}
	c.busy.Wait()
	time.Sleep(dialLimit + 100*time.Millisecond) // a dial may outlive its call, and bring a connection that nobody waits for
	for _, t := range c.transports {
		t.CloseIdleConnections()
	}
	return c.records, errors.Join(c.errs...)
}

// crew are the lanes of a job.
type crew struct {
	job     Job
	planner *Planner
	lag     *lagMeter
	busy    sync.WaitGroup
	mu      sync.Mutex
	records []Record
	errs    []error

	transports []*http.Transport
}

// start opens lanes for a kind, as many as its share of the calls.
func (c *crew) start(kind laneKind, items []Item) {
	queue := queued(items)
	lanes := min(c.job.Lanes, len(c.job.Items)/25)
	for n := range max(1, lanes*len(items)/len(c.job.Items)) {
		lifetime := 4
		if n%4 == 0 {
			lifetime = 0
		}
		name := fmt.Sprintf("%s/%s/%v/%d", c.job.Name, c.job.Phase, kind, n)
		c.busy.Go(func() { c.work(name, kind, lifetime, queue) })
	}
}

func queued(items []Item) <-chan Item {
	queue := make(chan Item, len(items))
	for _, it := range items {
		queue <- it
	}
	close(queue)
	return queue
}

func (c *crew) work(name string, kind laneKind, lifetime int, queue <-chan Item) {
	l, err := newLane(name, kind, c.job, lifetime)
	if err != nil {
		c.note(nil, err)
		return
	}
	c.owns(l.transport)
	for it := range queue {
		r, err := l.run(c.planner.Plan(it.Call), c.job.Phase, it.Key, c.lag)
		r.Again = it.Again
		c.note(&r, err)
	}
}

func (c *crew) owns(t *http.Transport) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.transports = append(c.transports, t)
}

func (c *crew) note(r *Record, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.errs = append(c.errs, err)
	} else {
		c.records = append(c.records, *r)
	}
}

const workerVariable = "STORM_WORKER"

// ServeWorker turns this program into one of the storm's processes, if it was started as one; else it does nothing. Call it first in
// main or TestMain.
func ServeWorker() {
	if os.Getenv(workerVariable) == "" {
		return
	}
	var j Job
	err := json.NewDecoder(os.Stdin).Decode(&j)
	result := Result{Before: baseline()}
	if err == nil {
		result.Records, err = j.run()
		result.After = settled(result.Before)
		result.Stacks = stacks(result.Before, result.After)
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(result)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "storm worker:", err)
		os.Exit(2)
	}
	os.Exit(0)
}

// spawn does the job in a process of its own, made from this program.
func (j Job) spawn() (Result, error) {
	program, err := os.Executable()
	if err != nil {
		return Result{}, err
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), workerVariable+"=1")
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		return Result{}, err
	}
	var result Result
	err1 = json.NewEncoder(in).Encode(j)
	_ = in.Close()
	err2 = json.NewDecoder(out).Decode(&result)
	return result, errors.Join(cmd.Wait(), err1, err2)
}
