package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// result is what a row's process reports.
type result struct {
	Seconds float64
	Peak    string // resident memory
	Note    string
}

func (c config) run() error {
	if c.row != "" {
		return c.runAlone()
	}
	if c.dir == "" {
		dir, err := os.MkdirTemp("", "bulkbench")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		c.dir = dir
	}
	url, err := discard()
	if err != nil {
		return err
	}
	c.url = url
	fmt.Printf("%s %s/%s, %d recipients, chunks of %d, %d workers\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, c.recipients, c.chunk, c.workers)
	fmt.Println("| row | time | CPU | peak RSS | |\n|---|---|---|---|---|")
	for _, row := range rows() {
		r, cpu, err := c.inProcess(row)
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %.2f s | %.2f s | %s | %s |\n",
			row, r.Seconds, cpu.Seconds(), r.Peak, r.Note)
	}
	return nil
}

// inProcess runs a row in a process of its own.
func (c config) inProcess(row string) (r result, cpu time.Duration, err error) {
	child := exec.Command(os.Args[0], "-row", row, "-url", c.url, "-dir", c.dir,
		"-recipients", fmt.Sprint(c.recipients), "-chunk", fmt.Sprint(c.chunk),
		"-workers", fmt.Sprint(c.workers))
	child.Stderr = os.Stderr
	out, err := child.Output()
	if err != nil {
		return r, 0, fmt.Errorf("row %s: %w", row, err)
	}
	cpu = child.ProcessState.UserTime() + child.ProcessState.SystemTime()
	return r, cpu, json.Unmarshal(out, &r)
}

func (c config) runAlone() error {
	begin := time.Now()
	note, err := c.work()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result{
		Seconds: time.Since(begin).Seconds(),
		Peak:    peak(),
		Note:    note,
	})
}

// peak is what the kernel reports of this process; "" where it has no /proc.
func peak() string {
	text, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(text)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kb); n == 1 {
			return fmt.Sprintf("%.1f MB", kb*1024/1e6)
		}
	}
	return ""
}

// discard serves an API that accepts everything and keeps nothing.
func discard() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	const accepted = `{"data":{"reference":"5b1f6a0e-0000-4000-8000-000000000000",` +
		`"campaign_id":1,"status":"queued","accepted_recipients":%d,"invalid_recipients":0,` +
		`"segments":1,"estimated_cost":"0.0310","currency":"GHS"}}`
	handler := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		n, _ := io.Copy(io.Discard, req.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(w, accepted, n/16)
	})
	go func() { _ = http.Serve(listener, handler) }() // ends with the process
	return "http://" + listener.Addr().String() + "/v1", nil
}
