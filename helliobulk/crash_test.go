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

// TestNobodyIsChargedTwiceOrForgottenThroughKill9 kills a sending process at each point, against a fake that spoils three calls in ten, and
// resumes. Whatever happens, each number has one message, and the wallet lost what the report says.
func TestNobodyIsChargedTwiceOrForgottenThroughKill9(t *testing.T) {
	t.Parallel()
	seeds := 20
	if testing.Short() {
		seeds = 3
	}
	for _, point := range []string{beforeIntent, afterIntent, afterWrite, afterReply, beforeResult, afterResult} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			var doubts, replays atomic.Int64
			t.Run("seeds", func(t *testing.T) {
				for seed := range seeds {
					t.Run(fmt.Sprint(seed), func(t *testing.T) {
						t.Parallel()
						inDoubt, replayed := crashOnce(t, point, uint64(seed))
						doubts.Add(int64(inDoubt))
						replays.Add(int64(replayed))
					})
				}
			})
			t.Logf("%d seeds: %d chunks in doubt after the kills, %d answers replayed, charges 1 each, wallet difference 0.0000", seeds, doubts.Load(), replays.Load())
		})
	}
}

// crashOnce sends a batch with one or two kills on the way and returns how many chunks they left in doubt, and how many were replayed.
func crashOnce(t *testing.T, point string, seed uint64) (inDoubt, replayed int) {
	rng := rand.New(rand.NewPCG(seed, uint64(len(point))))
	fake := helliotest.New(t, helliotest.WithRateLimit(0), helliotest.WithBalance(crashBalance), helliotest.AllowUnusedFaults())
	require.NoError(t, fake.SetFaults(threeInTen(rng)...))
	job := childJob{URL: fake.URL(), Store: storePath(t), Point: point, Nth: 1 + rng.Int64N(8), Count: crashRecipients}
	requireKilled(t, job)
	inDoubt = unknownChunks(t, job.Store)
	if job.Resume = seed%2 == 1; job.Resume {
		job.Nth = 1
		requireKilled(t, job)
		inDoubt += unknownChunks(t, job.Store)
	}
	client := fake.Client(append(quick(), optionsFor(job)...)...)
	report := resumeToTheEnd(t, client, job.Store)
	require.Equal(t, crashRecipients, report.Accepted)
	requireEachOnce(t, fake, crashBalance, report, numbers(crashRecipients))
	return inDoubt, report.Replayed
}

// optionsFor leads a client of this process to the batch's address, without a socket of its own.
func optionsFor(job childJob) []hellio.Option { return []hellio.Option{hellio.WithBaseURL(job.URL)} }

func crashBatch(store string) Params {
	return Params{
		Store: store, BatchID: "crash", Sender: "ACME", Message: "Fees are due.", Region: "GH", ChunkSize: 4,
		Options: Options{Workers: 3, firstPause: time.Millisecond},
	}
}

// crashList holds the numbers, some of them twice and in another form, and some that are none.
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
		{Effect: "lose_request"}, {Effect: "lose_reply"}, {Effect: "lose_reply"}, {Effect: "reset"}, {Effect: "truncate_body", Bytes: 20},
		{Effect: "not_json"}, {Effect: "status", Code: 500}, {Effect: "status", Code: 503}, {Effect: "delay", Duration: "5ms"},
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

// requireKilled runs the child and checks that it died by SIGKILL, at its point and not before.
func requireKilled(t *testing.T, job childJob) {
	t.Helper()
	text, err := json.Marshal(job)
	require.NoError(t, err)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childEnv+"="+string(text))
	out, err := child.CombinedOutput()
	var exit *exec.ExitError
	require.True(t, errors.As(err, &exit), "the child ended by itself: %v %s", err, out)
	require.Equal(t, syscall.SIGKILL, exit.Sys().(syscall.WaitStatus).Signal(), "%s", out)
}

func unknownChunks(t *testing.T, store string) int {
	t.Helper()
	r, err := Status(store)
	require.NoError(t, err)
	return r.Unknown.Chunks
}

// resumeToTheEnd resumes as often as a person would.
func resumeToTheEnd(t *testing.T, client *hellio.Client, store string) *Report {
	t.Helper()
	for range 10 {
		report, err := Resume(t.Context(), client, store, crashBatch("").Options)
		if err == nil {
			return report
		}
		require.ErrorIs(t, err, ErrUnfinished)
	}
	t.Fatal("ten resumes did not end the batch")
	return nil
}
