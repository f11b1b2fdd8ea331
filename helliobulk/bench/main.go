// Command bench plans and sends a batch to a server that discards it, and
// prints CPU and peak memory next to a floor that only posts.
//
//	go run ./bench -recipients 1000000 -chunk 10000
//
// Each row runs in a process of its own, the server in the first one.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
)

type config struct {
	recipients int
	chunk      int
	workers    int
	dir        string
	row        string
	url        string
}

func main() {
	c := config{}
	flag.IntVar(&c.recipients, "recipients", 1_000_000, "entries of the list")
	flag.IntVar(&c.chunk, "chunk", 10_000, "recipients of one call")
	flag.IntVar(&c.workers, "workers", 4, "calls at a time")
	flag.StringVar(&c.dir, "dir", "", "where the store is made (default the temporary directory)")
	flag.StringVar(&c.row, "row", "", "run this row alone, in this process")
	flag.StringVar(&c.url, "url", "", "server of a row that runs alone")
	flag.Parse()
	run := c.all
	if c.row != "" {
		run = c.alone
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// all runs each row in a process of its own, each on what the one before has
// left.
func (c config) all() error {
	if c.dir == "" {
		dir, err := os.MkdirTemp("", "bulkbench")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		c.dir = dir
	}
	server := httptest.NewServer(http.HandlerFunc(discard))
	defer server.Close()
	fmt.Printf("%s %s/%s, %d recipients, chunks of %d, %d workers\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, c.recipients, c.chunk, c.workers)
	fmt.Println("| row | time | CPU | peak RSS | |\n|---|---|---|---|---|")
	for _, row := range []string{"floor", "plan", "send"} {
		child := exec.Command(os.Args[0], "-row", row, "-url", server.URL+"/v1", "-dir", c.dir,
			"-recipients", strconv.Itoa(c.recipients), "-chunk", strconv.Itoa(c.chunk),
			"-workers", strconv.Itoa(c.workers))
		child.Stderr = os.Stderr
		begin := time.Now()
		out, err := child.Output()
		if err != nil {
			return fmt.Errorf("row %s: %w", row, err)
		}
		cpu := child.ProcessState.UserTime() + child.ProcessState.SystemTime()
		fmt.Printf("| %s | %.2f s | %.2f s | %s |\n",
			row, time.Since(begin).Seconds(), cpu.Seconds(), out)
	}
	return nil
}

// discard is an API that accepts everything and keeps nothing.
func discard(w http.ResponseWriter, req *http.Request) {
	const accepted = `{"data":{"reference":"5b1f6a0e-0000-4000-8000-000000000000",` +
		`"campaign_id":1,"status":"queued","accepted_recipients":%d,"invalid_recipients":0,` +
		`"segments":1,"estimated_cost":"0.0310","currency":"GHS"}}`
	n, _ := io.Copy(io.Discard, req.Body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprintf(w, accepted, n/16)
}

// alone runs one row and prints its peak memory and what to say of it.
func (c config) alone() error {
	rows := map[string]func() (string, error){"floor": c.floor, "plan": c.plan, "send": c.send}
	row := rows[c.row]
	if row == nil {
		return fmt.Errorf("there is no row %q", c.row)
	}
	note, err := row()
	fmt.Printf("%s | %s", peak(), note)
	return err
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

// number is the i-th number, of up to ten million of one country, in an order
// that jumps about, as lists of people do. The factor is prime to the modulus:
// none comes twice.
func number(i int) string {
	networks := [...]int64{20, 24, 26, 27, 50, 54, 55, 57}
	network := networks[i%len(networks)] * 1_0000000
	return "+" + strconv.FormatInt(233_00_0000000+network+int64(i)*7_368_787%1_0000000, 10)
}

func (c config) list() iter.Seq2[helliobulk.Recipient, error] {
	return func(yield func(helliobulk.Recipient, error) bool) {
		for i := range c.recipients {
			if !yield(helliobulk.Recipient{Number: number(i)}, nil) {
				return
			}
		}
	}
}

func (c config) floor() (string, error) {
	batch := make([]string, 0, c.chunk)
	for i := range c.recipients {
		batch = append(batch, number(i))
		if len(batch) < c.chunk && i < c.recipients-1 {
			continue
		}
		params := map[string]any{"recipients": batch, "sender": "ACME", "message": "Fees are due."}
		body, err := json.Marshal(params)
		if err != nil {
			return "", err
		}
		resp, err := http.Post(c.url+"/sms/send", "application/json", bytes.NewReader(body))
		if err != nil {
			return "", err
		}
		_, _ = io.Copy(io.Discard, resp.Body) // the answer is of no interest
		_ = resp.Body.Close()
		batch = batch[:0]
	}
	return "net/http and json.Marshal, one call at a time, nothing kept", nil
}

func (c config) client() (*hellio.Client, error) {
	return hellio.NewClient("bench", hellio.WithBaseURL(c.url), hellio.WithLimiter(nil))
}

func (c config) store() string { return filepath.Join(c.dir, "bench.batch") }

func (c config) plan() (string, error) {
	client, err := c.client()
	if err != nil {
		return "", err
	}
	m, err := helliobulk.Plan(context.Background(), client, c.list(), helliobulk.Params{
		Store:     c.store(),
		BatchID:   "bench",
		Sender:    "ACME",
		Message:   "Fees are due.",
		Region:    "GH",
		ChunkSize: c.chunk,
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d recipients in %d chunks, %s", m.Recipients, m.Chunks, c.size()), nil
}

func (c config) send() (string, error) {
	client, err := c.client()
	if err != nil {
		return "", err
	}
	o := helliobulk.Options{Workers: c.workers, StartUnpaid: true}
	r, err := helliobulk.Resume(context.Background(), client, c.store(), o)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d calls with two commits each, %s", r.Done.Chunks, c.size()), nil
}

// size returns the store's.
func (c config) size() string {
	info, err := os.Stat(c.store())
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("a store of %.1f MB", float64(info.Size())/1e6)
}
