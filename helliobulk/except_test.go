package helliobulk

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// halfSent is a batch of 15 numbers in 3 chunks that was stopped after the
// first; of the second the outcome is unknown.
func halfSent(t *testing.T, fake *helliotest.Fake, client *hellio.Client) Params {
	t.Helper()
	fake.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.LoseReply())
	fake.Fault(helliotest.SMSSend, helliotest.Nth(3), helliotest.Status(401, ""))
	p := batchOf(t)
	p.Workers = 1
	r, err := runQuickly(t, client, p, numbers(15))
	require.ErrorIs(t, err, ErrUnfinished)
	require.Equal(t, Count{1, 5}, r.Done)
	require.Equal(t, Count{1, 5}, r.Unknown)
	require.Equal(t, Count{1, 5}, r.Open)
	return p
}

// corrected is the plan of a new list that leaves out whom another batch has
// reached.
func corrected(t *testing.T, other ...string) Params {
	p := batchOf(t)
	p.BatchID = "fees-2"
	p.Except = other
	return p
}

func TestACorrectedListSendsToNobodyTwice(t *testing.T) {
	t.Parallel()
	for _, resumeFirst := range []bool{false, true} {
		fake, client := newFake(t)
		first := halfSent(t, fake, client)
		list := append(numbers(14), number(99)) // the last line is another number
		second := corrected(t, first.Store)
		m, err := Plan(t.Context(), client, Numbers(list...), second)
		require.NoError(t, err)
		require.Equal(t, 10, m.Excepted)
		require.Equal(t, 5, m.Recipients)
		require.Equal(t, []Excepted{{BatchID: "fees", Store: first.Store}}, m.Except)
		stores := []string{second.Store, first.Store}
		if resumeFirst {
			stores = []string{first.Store, second.Store}
		}
		for _, other := range stores {
			_, err := Resume(t.Context(), client, other, Options{RetryRejected: true})
			require.NoError(t, err)
		}
		count := perNumber(fake)
		require.Len(t, count, 15)
		for i := range 14 {
			require.Equal(t, 1, count[number(i)])
		}
		require.Equal(t, 1, count[number(99)])
		r, err := Status(first.Store)
		require.NoError(t, err)
		require.Equal(t, Count{1, 5}, r.PassedOn)
		require.Equal(t, Count{2, 10}, r.Done)
	}
}

func TestRejectedRecipientsArePassedOnAsWell(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	fake.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.Status(422, "blocked"))
	first := batchOf(t)
	first.Workers = 1
	_, err := Run(t.Context(), client, Numbers(numbers(15)...), first)
	require.ErrorIs(t, err, ErrRejected)
	r, err := Run(t.Context(), client, Numbers(numbers(15)...), corrected(t, first.Store))
	require.NoError(t, err)
	require.Equal(t, 5, r.Accepted)
	r, err = Resume(t.Context(), client, first.Store, Options{RetryRejected: true})
	require.NoError(t, err)
	require.Equal(t, Count{1, 5}, r.PassedOn)
	for n, c := range perNumber(fake) {
		require.Equal(t, 1, c, n)
	}
}

func TestAnUnusableExceptionEndsThePlan(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	first := halfSent(t, fake, client)
	second := corrected(t, first.Store)
	_, err := Plan(t.Context(), client, Numbers(numbers(20)...), second)
	require.NoError(t, err)
	broken := storePath(t)
	require.NoError(t, os.WriteFile(broken, []byte(storeMagic), 0o600))
	held := batchOf(t)
	b, err := openOrPlan(t.Context(), client, Numbers(number(50)), held)
	require.NoError(t, err)
	defer b.Close()
	other := batchOf(t)
	token := fake.Client(append(quick(),
		hellio.WithBaseURL("https://sandbox.hellio.invalid/v1"))...)
	_, err = Plan(t.Context(), token, Numbers(number(50)), other)
	require.NoError(t, err)
	third := corrected(t)
	for _, c := range []struct {
		name   string
		except []string
		want   error
	}{
		{"in use", []string{held.Store}, ErrLocked},
		{"damaged", []string{broken}, ErrTorn},
		{"not there", []string{broken + "x"}, ErrNoBatch},
		{"of another account", []string{other.Store}, ErrExcept},
		{"its own", []string{third.Store}, new(hellio.ParamError)},
		{"without the batch before it", []string{second.Store}, new(hellio.ParamError)},
		{"without the batch after it", []string{first.Store}, new(hellio.ParamError)},
		{"twice", []string{first.Store, first.Store}, ErrLocked},
	} {
		t.Run(c.name, func(t *testing.T) {
			third.Except = c.except
			third.BatchID = "fees-3"
			_, err := Plan(t.Context(), client, Numbers(numbers(20)...), third)
			if param, ok := c.want.(*hellio.ParamError); ok {
				require.ErrorAs(t, err, &param)
				require.Equal(t, "except", param.Field)
			} else {
				require.ErrorIs(t, err, ErrExcept)
				require.ErrorIs(t, err, c.want)
			}
			require.NoFileExists(t, third.Store)
			require.NoFileExists(t, third.Store+planSuffix)
		})
	}
	third.Except = []string{first.Store, second.Store}
	m, err := Plan(t.Context(), client, Numbers(append(numbers(20), number(21))...), third)
	require.NoError(t, err)
	require.Equal(t, 11, m.Recipients, "the second batch has sent nothing yet")
}

func TestAPlanThatLeavesEveryoneOutChangesNothing(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	first := halfSent(t, fake, client)
	_, err := Plan(t.Context(), client, Numbers(numbers(10)...), corrected(t, first.Store))
	require.ErrorIs(t, err, ErrNoRecipients)
	r, err := Status(first.Store)
	require.NoError(t, err)
	require.Equal(t, Count{1, 5}, r.Open)
}

// The crash of a plan between the two stores: the other batch has ended, and
// this one is planned again.
func TestAPlanThatCrashedTakesOverAgain(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	first := halfSent(t, fake, client)
	second := corrected(t, first.Store)
	_, err := Plan(t.Context(), client, Numbers(numbers(15)...), second)
	require.NoError(t, err)
	require.NoError(t, os.Remove(second.Store)) // it was never whole
	m, err := Plan(t.Context(), client, Numbers(numbers(15)...), second)
	require.NoError(t, err)
	require.Equal(t, 5, m.Recipients)
	other := corrected(t, first.Store)
	other.BatchID = "fees-3"
	_, err = Plan(t.Context(), client, Numbers(numbers(15)...), other)
	var param *hellio.ParamError
	require.ErrorAs(t, err, &param, "they belong to the second batch")
}

func TestAnUnsentSecondTextIsNotLeftOut(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	first := batchOf(t)
	first.Message = "Fees of {{child}} are due."
	first.Workers = 1
	list := people([2]string{number(0), "Ama"}, [2]string{number(0), "Kofi"},
		[2]string{number(1), "Esi"})
	fake.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.Status(402, ""))
	_, err := Run(t.Context(), client, list, first)
	require.ErrorIs(t, err, ErrUnfinished)
	second := corrected(t, first.Store)
	second.Message = first.Message
	r, err := Run(t.Context(), client, list, second)
	require.NoError(t, err)
	require.Equal(t, 1, r.Excepted)
	require.Equal(t, 2, r.Accepted)
	texts := map[string]int{}
	for _, m := range fake.Messages() {
		texts[m.Message]++
	}
	require.Equal(t, map[string]int{
		"Fees of Ama are due.":  1,
		"Fees of Kofi are due.": 1,
		"Fees of Esi are due.":  1,
	}, texts)
}
