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
	"strconv"

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

// rows are measured one by one, each on what the one before has left.
func rows() []string { return []string{"floor", "plan", "send"} }

// work runs one row and returns what to say of it.
func (c config) work() (string, error) {
	switch c.row {
	case "floor":
		return "net/http and json.Marshal, nothing kept", c.floor()
	case "plan":
		return c.plan()
	case "send":
		return c.send()
	default:
		return "", fmt.Errorf("there is no row %q", c.row)
	}
}

func (c config) client() (*hellio.Client, error) {
	return hellio.NewClient("bench", hellio.WithBaseURL(c.url), hellio.WithLimiter(nil))
}

// list returns numbers of one country, up to ten million, in an order that
// jumps about, as lists of people do.
func (c config) list() iter.Seq2[helliobulk.Recipient, error] {
	return func(yield func(helliobulk.Recipient, error) bool) {
		for i := range c.recipients {
			if !yield(helliobulk.Recipient{Number: number(i)}, nil) {
				return
			}
		}
	}
}

// number is the i-th number. The factor is prime to the modulus: none comes
// twice.
func number(i int) string {
	networks := [...]int{20, 24, 26, 27, 50, 54, 55, 57}
	network := networks[i%len(networks)] * 1_0000000
	return "+" + strconv.Itoa(233_00_0000000+network+i*7_368_787%1_0000000)
}

func (c config) floor() error {
	batch := make([]string, 0, c.chunk)
	for i := range c.recipients {
		batch = append(batch, number(i))
		if len(batch) < c.chunk && i < c.recipients-1 {
			continue
		}
		params := map[string]any{"recipients": batch, "sender": "ACME", "message": "Fees are due."}
		body, err := json.Marshal(params)
		if err != nil {
			return err
		}
		resp, err := http.Post(c.url+"/sms/send", "application/json", bytes.NewReader(body))
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, resp.Body) // the answer is of no interest
		_ = resp.Body.Close()
		batch = batch[:0]
	}
	return nil
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
	info, err := os.Stat(c.store())
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d recipients in %d chunks, a store of %.1f MB",
		m.Recipients, m.Chunks, float64(info.Size())/1e6), nil
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
	return fmt.Sprintf("%d accepted in %d calls with two commits each", r.Accepted, r.Done.Chunks), nil
}
