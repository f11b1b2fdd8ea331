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

// result is what a row's process tells.
type result struct {
	Seconds float64
	Memory  map[string]string
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
	fmt.Printf("%s %s/%s, GOMAXPROCS %d, %d recipients, chunks of %d, %d workers\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH,
		runtime.GOMAXPROCS(0), c.recipients, c.chunk, c.workers)
	fmt.Println("| row | time | peak RSS | at its end: heap and stack / files | |\n|---|---|---|---|---|")
	for _, row := range rows() {
		r, err := c.inProcess(row)
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %.2f s | %s | %s / %s | %s |\n", row, r.Seconds, r.Memory["VmHWM"],
			r.Memory["RssAnon"], r.Memory["RssFile"], r.Note)
	}
	return nil
}

// inProcess runs a row in a process of its own.
func (c config) inProcess(row string) (r result, err error) {
	args := []string{"-row", row, "-url", c.url, "-dir", c.dir, "-recipients",
		fmt.Sprint(c.recipients), "-chunk", fmt.Sprint(c.chunk), "-workers", fmt.Sprint(c.workers)}
	child := exec.Command(os.Args[0], args...)
	child.Stderr = os.Stderr
	out, err := child.Output()
	if err != nil {
		return r, fmt.Errorf("row %s: %w", row, err)
	}
	return r, json.Unmarshal(out, &r)
}

func (c config) runAlone() error {
	begin := time.Now()
	note, err := c.work()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result{time.Since(begin).Seconds(), memory(), note})
}

// memory is what the kernel tells of this process; empty where it has no /proc.
func memory() map[string]string {
	found := map[string]string{}
	text, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		var kb float64
		if n, _ := fmt.Sscanf(value, "%f kB", &kb); n == 1 {
			found[name] = fmt.Sprintf("%.1f MB", kb*1024/1e6)
		}
	}
	return found
}

// discard serves an API that accepts everything and keeps nothing.
func discard() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	const accepted = `{"data":{"reference":"5b1f6a0e-0000-4000-8000-000000000000","campaign_id":1,"status":"queued","accepted_recipients":%d,` +
		`"invalid_recipients":0,"segments":1,"estimated_cost":"0.0310","currency":"GHS"}}`
	go func() {
		// ends with the process
		_ = http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			n, _ := io.Copy(io.Discard, req.Body)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusAccepted)
			fmt.Fprintf(w, accepted, n/16)
		}))
	}()
	return "http://" + listener.Addr().String() + "/v1", nil
}
