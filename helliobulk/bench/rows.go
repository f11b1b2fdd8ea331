package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
)

type config struct {
	recipients, chunk, workers int
	dir, row, url              string
}

// rows are measured one by one, each on what the one before has left.
func rows() []string { return []string{"floor", "start", "dedupe", "dedupe-world", "plan", "send"} }

// work runs one row and returns what to say of it.
func (c config) work() (string, error) {
	switch c.row {
	case "floor":
		return "net/http and json.Marshal, nothing kept", c.floor()
	case "start":
		return "a client and the tables of number formats", c.start()
	case "dedupe":
		return c.dedupe(c.digits)
	case "dedupe-world":
		return c.dedupe(anywhere)
	case "plan":
		return c.plan()
	case "send":
		return c.send()
	default:
		return "", fmt.Errorf("there is no row %q", c.row)
	}
}

func (c config) store() string { return filepath.Join(c.dir, "bench.batch") }

func (c config) client() (*hellio.Client, error) {
	return hellio.NewClient("bench", hellio.WithBaseURL(c.url), hellio.WithLimiter(nil))
}

// list gives numbers of one country, up to ten million, in an order that jumps
// about, as lists of people do.
func (c config) list() iter.Seq2[helliobulk.Recipient, error] {
	return func(yield func(helliobulk.Recipient, error) bool) {
		for i := range c.recipients {
			if !yield(helliobulk.Recipient{Number: c.number(i)}, nil) {
				return
			}
		}
	}
}

func (c config) number(i int) string { return "+" + strconv.FormatUint(c.digits(i), 10) }

func (c config) digits(i int) uint64 {
	networks := [...]uint64{20, 24, 26, 27, 50, 54, 55, 57}
	// the factor is prime to the modulus: none comes twice
	return 233_00_0000000 + networks[i%len(networks)]*1_0000000 + uint64(i)*7_368_787%1_0000000
}

// anywhere is the worst list for the set: numbers that have nothing in common.
func anywhere(i int) uint64 { return 100_000_000_000 + uint64(i)*618_033_988_749%900_000_000_000 }

// dedupe fills the set that planning keeps, alone.
func (c config) dedupe(number func(int) uint64) (string, error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	set := roaring64.New()
	for i := range c.recipients {
		set.CheckedAdd(number(i))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	size := float64(after.HeapAlloc - before.HeapAlloc)
	runtime.KeepAlive(set)
	return fmt.Sprintf("the set of numbers: %.1f MB, %.1f bytes a number", size/1e6,
		size/float64(c.recipients)), nil
}

func (c config) floor() error {
	batch := make([]string, 0, c.chunk)
	for i := range c.recipients {
		if batch = append(batch, c.number(i)); len(batch) == c.chunk || i == c.recipients-1 {
			body, err := json.Marshal(map[string]any{"recipients": batch, "sender": "ACME",
				"message": "Fees are due."})
			if err != nil {
				return err
			}
			resp, err := http.Post(c.url+"/sms/send", "application/json", bytes.NewReader(body))
			if err != nil {
				return err
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			batch = batch[:0]
		}
	}
	return nil
}

func (c config) start() error {
	client, err := c.client()
	if err != nil {
		return err
	}
	c.recipients = 1
	p := c.params()
	p.Store += ".start"
	defer os.Remove(p.Store)
	_, err = helliobulk.Plan(context.Background(), client, c.list(), p)
	return err
}

func (c config) params() helliobulk.Params {
	return helliobulk.Params{
		Store:   c.store(),
		BatchID: "bench",
		Sender:  "ACME",

		Message:   "Fees are due.",
		Region:    "GH",
		ChunkSize: c.chunk,
	}
}

func (c config) plan() (string, error) {
	client, err := c.client()
	if err != nil {
		return "", err
	}
	m, err := helliobulk.Plan(context.Background(), client, c.list(), c.params())
	if err != nil {
		return "", err
	}
	info, err := os.Stat(c.store())
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d recipients in %d chunks, a store of %.1f MB", m.Recipients, m.Chunks,
		float64(info.Size())/1e6), nil
}

func (c config) send() (string, error) {
	client, err := c.client()
	if err != nil {
		return "", err
	}
	begin := time.Now()
	r, err := helliobulk.Resume(context.Background(), client, c.store(),
		helliobulk.Options{Workers: c.workers, StartUnpaid: true})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d accepted in %d calls, %s each with two commits", r.Accepted,
		r.Done.Chunks, (time.Since(begin) / time.Duration(r.Chunks)).Round(10*time.Microsecond)), nil
}
