//go:build unix

package helliobulk

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

const (
	crashRecipients = 60
	crashBalance    = "100.0000"
)

// TestKill9DoublesAndLosesNothing kills a sending process at
// each point, against the program hellio-fake, which spoils three calls in ten,
// and resumes. Whatever happens, each number has one message, and the wallet
// lost what the report says.
func TestKill9DoublesAndLosesNothing(t *testing.T) {
	t.Parallel()
	fake, n := startFake(t), seeds()
	t.Run("at", func(t *testing.T) { // the program runs until all of them have ended
		for _, point := range []string{beforeIntent, afterIntent, afterWrite, afterReply,
			beforeResult, afterResult} {
			t.Run(point, func(t *testing.T) {
				t.Parallel()
				var sum crashes
				t.Run("seeds", func(t *testing.T) {
					for seed := range n {
						t.Run(fmt.Sprint(seed), func(t *testing.T) {
							t.Parallel()
							crashOnce(t, fake, point, uint64(seed), &sum)
						})
					}
				})
				t.Logf("killed %s, %d seeds, %d kills: %d recipients, %d charges, wallet "+
					"difference 0.0000; %d of %d sends spoilt, %d chunks unknown after the "+
					"kills, %d answers replayed", point, n, sum.kills.Load(), n*crashRecipients,
					sum.charges.Load(), sum.spoilt.Load(), sum.sends.Load(), sum.doubts.Load(),
					sum.replays.Load())
			})
		}
	})
}

// TestKill9AtAnyTimeDoublesAndLosesNothing kills a sending process again and
// again, at random moments of planning and sending, until the batch has ended.
func TestKill9AtAnyTimeDoublesAndLosesNothing(t *testing.T) {
	t.Parallel()
	fake := startFake(t)
	var sum crashes
	for seed := 0; sum.kills.Load() < int64(10*seeds()); seed++ {
		rng := rand.New(rand.NewPCG(uint64(seed), 9))
		w := newWorld(t, fake)
		w.spoil(threeInTen(rng))
		path := storePath(t)
		job := childJob{
			URL:   w.url + "/v1",
			Token: w.token,
			Store: path,
			Count: crashRecipients,
		}
		for kills := 1; killAtRandom(t, job, rng.IntN(40*kills)); kills++ {
			sum.kills.Add(1)
			_, err := os.Stat(path)
			job.Resume = err == nil
			if job.Resume {
				sum.doubts.Add(int64(unknownChunks(t, path)))
			}
		}
		client := w.client()
		report := resumeToTheEnd(t, client, path)
		require.Equal(t, crashRecipients, report.Accepted)
		sum.charges.Add(int64(w.requireEachOnce(client, report, crashRecipients)))
		sends, spoilt := w.spoilt()
		sum.sends.Add(int64(sends))
		sum.spoilt.Add(int64(spoilt))
		sum.replays.Add(int64(report.Replayed))
		sum.batches++
	}
	t.Logf("%d batches, %d kills: %d recipients, %d charges, wallet difference 0.0000; %d of %d "+
		"sends spoilt, %d chunks unknown after the kills, %d answers replayed", sum.batches,
		sum.kills.Load(), sum.batches*crashRecipients, sum.charges.Load(), sum.spoilt.Load(),
		sum.sends.Load(), sum.doubts.Load(), sum.replays.Load())
}

// killAtRandom runs the child and kills it after so many milliseconds. It
// reports false if the child ended before. The caller waits longer each time,
// because a loaded machine may need a while to start the child.
func killAtRandom(t *testing.T, job childJob, ms int) (killed bool) {
	t.Helper()
	child := newChild(t, job)
	require.NoError(t, child.Start())
	time.Sleep(time.Duration(ms) * time.Millisecond)
	_ = child.Process.Kill() // it may have ended
	_ = child.Wait()
	return child.ProcessState.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
}

// crashes adds up what the seeds of a point saw.
type crashes struct {
	kills, charges, sends, spoilt, doubts, replays atomic.Int64

	batches int
}

// crashOnce sends a batch with one or two kills on the way.
func crashOnce(t *testing.T, fake, point string, seed uint64, sum *crashes) {
	rng := rand.New(rand.NewPCG(seed, uint64(len(point))))
	w := newWorld(t, fake)
	w.spoil(threeInTen(rng))
	job := childJob{
		URL:   w.url + "/v1",
		Token: w.token,
		Store: storePath(t),
		Point: point,
		Nth:   1 + rng.Int64N(8),
		Count: crashRecipients,
	}
	for range 1 + seed%2 {
		requireKilled(t, job)
		sum.kills.Add(1)
		sum.doubts.Add(int64(unknownChunks(t, job.Store)))
		job.Resume, job.Nth = true, 1
	}
	client := w.client()
	report := resumeToTheEnd(t, client, job.Store)
	require.Equal(t, crashRecipients, report.Accepted)
	sum.charges.Add(int64(w.requireEachOnce(client, report, crashRecipients)))
	sends, spoilt := w.spoilt()
	sum.sends.Add(int64(sends))
	sum.spoilt.Add(int64(spoilt))
	sum.replays.Add(int64(report.Replayed))
}

// optionsFor leads a client of this process to the batch's address, without a
// socket of its own.
func optionsFor(job childJob) []hellio.Option { return []hellio.Option{hellio.WithBaseURL(job.URL)} }

func crashBatch(path string) Params {
	return Params{
		Store:     path,
		BatchID:   "crash",
		Sender:    "ACME",
		Message:   "Fees are due.",
		Region:    "GH",
		ChunkSize: 4,
		Options:   Options{Workers: 3},
	}
}

// crashList holds the numbers, some of them twice and in another form, and some
// that are none.
func crashList(n int) []string {
	list := append([]string{"junk", "024"}, numbers(n)...)
	for i := 0; i < n; i += 7 {
		list = append(list, "0"+strings.TrimPrefix(number(i), "+233"))
	}
	return list
}

// threeInTen spoils three of ten sends.
func threeInTen(rng *rand.Rand) (faults []helliotest.FaultSpec) {
	effects := []helliotest.FaultSpec{
		{Effect: "lose_request"},
		{Effect: "lose_reply"},
		{Effect: "lose_reply"},
		{Effect: "reset"},
		{Effect: "truncate_body", Bytes: 20},
		{Effect: "not_json"},
		{Effect: "status", Code: 500},
		{Effect: "status", Code: 503},
		{Effect: "delay", Duration: "5ms"},
	}
	for nth := 1; nth <= 200; nth++ {
		if rng.IntN(10) < 3 {
			f := effects[rng.IntN(len(effects))]
			f.Op, f.Nth = helliotest.SMSSend, nth
			faults = append(faults, f)
		}
	}
	return faults
}

func newChild(t *testing.T, job childJob) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(job)
	require.NoError(t, err)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childEnv+"="+string(text))
	return child
}

// requireKilled runs the child and checks that it died by SIGKILL, at its point
// and not before.
func requireKilled(t *testing.T, job childJob) {
	t.Helper()
	out, err := newChild(t, job).CombinedOutput()
	var exit *exec.ExitError
	require.True(t, errors.As(err, &exit), "the child ended on its own: %v %s", err, out)
	require.Equal(t, syscall.SIGKILL, exit.Sys().(syscall.WaitStatus).Signal(), "%s", out)
}

func unknownChunks(t *testing.T, path string) int {
	t.Helper()
	r, err := Status(path)
	require.NoError(t, err)
	return r.Unknown.Chunks
}

// resumeToTheEnd resumes as often as a person would.
func resumeToTheEnd(t *testing.T, client *hellio.Client, path string) *Report {
	t.Helper()
	for range 10 {
		b, err := Open(path)
		require.NoError(t, err)
		b.hooks.firstPause = time.Millisecond
		err = b.Send(t.Context(), client, Options{Workers: 3})
		report := b.Report()
		require.NoError(t, b.Close())
		if err == nil {
			return &report
		}
		require.ErrorIs(t, err, ErrUnfinished)
	}
	t.Fatal("ten resumes did not end the batch")
	return nil
}
