package helliobulk

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliotest"
)

func TestRecipientsAreListedByTheirState(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	fake.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.Status(422, "blocked"))
	p := batchOf(t)
	p.Workers = 1
	list := append([]string{"junk", number(0), number(0)}, numbers(12)...)
	_, err := Run(t.Context(), client, Numbers(list...), p)
	require.ErrorIs(t, err, ErrRejected)
	b, err := OpenReadOnly(p.Store)
	require.NoError(t, err)
	defer b.Close()
	of := func(states ...State) (lines []string) {
		for r, err := range b.Recipients(states...) {
			require.NoError(t, err)
			require.NotContains(t, fmt.Sprint(r), "24000", "a log shows no number")
			line := fmt.Sprintf("%s %s %q %d", r.Number, r.State, r.Reason, r.Line)
			lines = append(lines, line)
		}
		return lines
	}
	require.Equal(t, []string{
		number(5) + ` rejected "422 blocked" 9`,
		number(6) + ` rejected "422 blocked" 10`,
		number(7) + ` rejected "422 blocked" 11`,
		number(8) + ` rejected "422 blocked" 12`,
		number(9) + ` rejected "422 blocked" 13`,
	}, of(StateRejected))
	require.Equal(t, []string{`junk invalid "not a phone number" 1`}, of(StateInvalid))
	require.Equal(t, number(0)+` done "" 2`, of(StateDone)[0], "the first of two lines")
	require.Len(t, of(), 13)
	require.Empty(t, of(StateOpen))
	for range b.Recipients() {
		break // the range may end early
	}
}
