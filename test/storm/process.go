package storm

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"
)

// Job is the work of one process.
type Job struct {
	Name      string
	Seed      uint64
	Phase     Phase
	Items     []Item
	Addresses Addresses
	Workers   int // calls at the same time
	Paced     bool
}

// Item is one call of a job.
type Item struct {
	Call  int
	Key   string // "" in the storm
	Again bool
}

// Result is the report of one process.
type Result struct {
	Records []Record
	Before  Held // at the start of the process
	After   Held // at its end
	Stacks  string
}

// Held counts the goroutines and open files of a process.
type Held struct{ Goroutines, Files int }

// baseline returns what a process holds before its work. It opens a listener
// first, because the runtime opens files of its own with the first socket.
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

// stacks returns the stacks of all goroutines if more run now than at the
// start.
func stacks(start, end Held) string {
	if end.Goroutines <= start.Goroutines {
		return ""
	}
	text := make([]byte, 64<<10)
	return string(text[:runtime.Stack(text, true)])
}

// settled closes idle connections until the process holds no more than at the
// start, for at most ten seconds, and returns what it holds then. A dial may
// outlive its call, and open a connection that no call uses.
func settled(start Held, closeIdle func()) (now Held) {
	for range 500 {
		closeIdle()
		now = held()
		if now.Goroutines <= start.Goroutines && now.Files <= start.Files {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return now
}

// transportKind is the kind of a transport. Calls of one kind share transports.
type transportKind struct {
	proto  Proto
	secure bool
	wrap   Wrap
}

// run makes the job's calls in this process.
func (p *workerPool) run() ([]Record, error) {
	queues := map[transportKind][]Item{}
	for _, it := range p.job.Items {
		plan := p.planner.Plan(it.Call)
		kind := transportKind{plan.Proto, plan.Secure, plan.Wrap}
		queues[kind] = append(queues[kind], it)
	}
	p.lag = newLagMeter()
	defer p.lag.stop()
	if p.job.Phase == Sharing {
		p.share(queues)
	} else {
		for kind, items := range queues {
			p.startWorkers(kind, items)
		}
		p.busy.Wait()
	}
	p.closeIdle()
	return p.records, errors.Join(p.errs...)
}

func (p *workerPool) closeIdle() {
	for _, i := range p.idlers {
		i.CloseIdleConnections()
	}
}

// share makes the calls of all kinds, wrap by wrap: the callers of all wraps
// together starve each other.
func (p *workerPool) share(queues map[transportKind][]Item) {
	for _, wrap := range []Wrap{Bare, RoundTripper, Middleware, SecondRoute} {
		for kind, items := range queues {
			if kind.wrap == wrap {
				p.startShared(kind, items)
			}
		}
		p.busy.Wait()
	}
}

// workerPool runs the workers of a job and collects their records.
type workerPool struct {
	job     Job
	planner *Planner
	lag     *lagMeter
	busy    sync.WaitGroup
	mu      sync.Mutex
	records []Record
	errs    []error
	idlers  []idler
}

func newWorkerPool(j Job) *workerPool {
	return &workerPool{job: j, planner: NewPlanner(j.Seed)}
}

// startWorkers starts workers for a kind of transport, in proportion to its
// share of the calls.
func (p *workerPool) startWorkers(kind transportKind, items []Item) {
	queue := queued(items)
	workers := min(p.job.Workers, len(p.job.Items)/25)
	for n := range max(1, workers*len(items)/len(p.job.Items)) {
		lifetime := 4
		if n%4 == 0 {
			lifetime = 0
		}
		name := fmt.Sprintf("%s/%s/%v/%d", p.job.Name, p.job.Phase, kind, n)
		p.busy.Go(func() { p.work(name, kind, lifetime, queue) })
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

func (p *workerPool) work(name string, kind transportKind, lifetime int, queue <-chan Item) {
	w, err := p.newWorker(name, kind, lifetime)
	if err != nil {
		p.add(nil, err)
		return
	}
	for it := range queue {
		r, err := w.run(p.planner.Plan(it.Call), p.job.Phase, it.Key, p.lag)
		r.Again = it.Again
		p.add(&r, err)
	}
}

// idler is a *http.Transport or a *hellio.Client.
type idler interface{ CloseIdleConnections() }

func (p *workerPool) own(i idler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idlers = append(p.idlers, i)
}

func (p *workerPool) add(r *Record, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.errs = append(p.errs, err)
	} else {
		p.records = append(p.records, *r)
	}
}

const processVariable = "STORM_PROCESS"

// ServeProcess does the work of one process and exits, if the storm started
// this program as one of its processes. Otherwise it does nothing. Call it
// first in main or TestMain.
func ServeProcess() {
	if os.Getenv(processVariable) == "" {
		return
	}
	var j Job
	err := json.NewDecoder(os.Stdin).Decode(&j)
	result := Result{Before: baseline()}
	if err == nil {
		p := newWorkerPool(j)
		result.Records, err = p.run()
		result.After = settled(result.Before, p.closeIdle)
		result.Stacks = stacks(result.Before, result.After)
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(result)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "storm process:", err)
		os.Exit(2)
	}
	os.Exit(0)
}

// spawn runs the job in a new process of this program.
func (j Job) spawn() (Result, error) {
	program, err := os.Executable()
	if err != nil {
		return Result{}, err
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), processVariable+"=1")
	cmd.Stderr = os.Stderr
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		return Result{}, err
	}
	var result Result
	err1 = json.NewEncoder(stdin).Encode(j)
	_ = stdin.Close()
	err2 = json.NewDecoder(stdout).Decode(&result)
	return result, errors.Join(cmd.Wait(), err1, err2)
}
