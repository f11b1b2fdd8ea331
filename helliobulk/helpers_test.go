package helliobulk

import (
	"fmt"
	"math/big"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// number is the i-th of ten million valid numbers.
func number(i int) string { return fmt.Sprintf("+23324%07d", i) }

func numbers(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = number(i)
	}
	return list
}

// newFake is a fake without a rate limit, and its client without pacing.
func newFake(t *testing.T, opts ...helliotest.Option) (*helliotest.Fake, *hellio.Client) {
	t.Helper()
	fake := helliotest.New(t, append([]helliotest.Option{helliotest.WithRateLimit(0)}, opts...)...)
	return fake, fake.Client(quick()...)
}

// quick are options of a client that does not wait.
func quick() []hellio.Option {
	return []hellio.Option{hellio.WithLimiter(nil),
		hellio.WithRetryPolicy(hellio.RetryPolicy{MinWait: 1, MaxWait: 1})}
}

func storePath(t *testing.T) string { return filepath.Join(t.TempDir(), "batch") }

// batchOf is a batch of one text in chunks of 5.
func batchOf(t *testing.T) Params {
	return Params{
		Store:     storePath(t),
		BatchID:   "fees",
		Sender:    "ACME",
		Message:   "Fees are due.",
		Region:    "GH",
		ChunkSize: 5,
	}
}

// perNumber counts the messages that the fake accepted for each number.
func perNumber(fake *helliotest.Fake) map[string]int {
	count := map[string]int{}
	for _, m := range fake.Messages() {
		count[m.MobileNumber]++
	}
	return count
}

// requireEachOnce checks that each number got one message and no other any,
// and that the wallet lost what the report says.
func requireEachOnce(t *testing.T, fake *helliotest.Fake, before string, r *Report, want []string) {
	t.Helper()
	count := perNumber(fake)
	for _, n := range want {
		require.Equal(t, 1, count[n], "messages to %s", n)
	}
	require.Len(t, count, len(want))
	require.Equal(t, "0.0000", walletDifference(t, fake, before, r))
}

// walletDifference is what the wallet lost and the report does not count.
func walletDifference(t *testing.T, fake *helliotest.Fake, before string, r *Report) string {
	t.Helper()
	lost := new(big.Rat).Sub(amount(t, before), amount(t, fake.Balance().Available))
	for _, c := range r.Costs {
		lost.Sub(lost, c.Amount.Rat())
	}
	return lost.FloatString(4)
}

func amount(t *testing.T, text string) *big.Rat {
	t.Helper()
	a, err := hellio.ParseAmount(text)
	require.NoError(t, err)
	return a.Rat()
}

// runQuickly is Run without pauses between calls for one chunk.
func runQuickly(t *testing.T, client *hellio.Client, p Params, list []string) (*Report, error) {
	t.Helper()
	b, err := openOrPlan(t.Context(), client, Numbers(list...), p)
	require.NoError(t, err)
	b.hooks.firstPause = 1
	return b.sendAndClose(t.Context(), client, p.Options)
}

// mark puts a chunk into a state.
func (b *Batch) mark(index int, s State) error {
	e, err := b.store.entry(index)
	if err != nil {
		return err
	}
	to := e
	to.State = s
	return b.commit([]change{{index, e, to}})
}
