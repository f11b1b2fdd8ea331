package helliobulk

import (
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func TestCostsAddUpExactly(t *testing.T) {
	t.Parallel()
	m := Manifest{Chunks: 3, Recipients: 3}
	count := newTally(&m)
	for _, c := range []struct{ cost, currency string }{{"0.1", "GHS"}, {"0.2", "GHS"},
		{"0.00000001", "NGN"}} {
		a, err := hellio.ParseAmount(c.cost)
		require.NoError(t, err)
		count.move(&entry{State: StateOpen, Recipients: 1},
			&entry{
				State:      StateDone,
				Recipients: 1,
				Accepted:   1,
				Cost:       a,
				Currency:   c.currency,
			})
	}
	r := count.snapshot()
	require.Equal(t, "0.3000", r.Costs[0].Amount.String())
	require.Equal(t, "0.00000001", r.Costs[1].Amount.String())
	require.Equal(t, Count{3, 3}, r.Done)
	require.Zero(t, r.Open)
	a, err := hellio.ParseAmount("0.2")
	require.NoError(t, err)
	count.move(&entry{
		State:      StateDone,
		Recipients: 1,
		Cost:       a,
		Currency:   "GHS",
	},
		&entry{State: StateOpen, Recipients: 1})
	require.Equal(t, "0.1000", count.snapshot().Costs[0].Amount.String())
	was := entry{
		State:      StateDone,
		Recipients: 1,
		Accepted:   1,
		Replayed:   true,
	}
	count.move(&entry{State: StateOpen, Recipients: 1}, &was)
	require.Equal(t, 1, count.snapshot().Replayed)
	count.move(&was, &entry{State: StateReused, Recipients: 1, Replayed: true})
	require.Zero(t, count.snapshot().Replayed, "what was reused is no replay")
	require.Equal(t, "-0.5000", decimal(big.NewRat(-1, 2)).String())
}

func TestTheStoredReportIsTheSame(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	fake.Fault(helliotest.SMSSend, helliotest.Nth(2),
		helliotest.Status(422, hellio.CodeNoValidRecipients))
	fake.Fault(helliotest.SMSSend, helliotest.Nth(4), helliotest.Status(402, ""))
	p := batchOf(t)
	p.Workers = 1
	r, err := Run(t.Context(), client, Numbers(numbers(30)...), p)
	require.ErrorIs(t, err, ErrUnfinished)
	stored, err := Status(p.Store)
	require.NoError(t, err)
	require.Equal(t, r, stored)
	text, err := json.Marshal(r)
	require.NoError(t, err)
	require.JSONEq(t, `{"batch_id":"fees","given":30,"invalid":0,"duplicates":0,"excepted":0,"recipients":30,"chunks":6,
		"open":{"chunks":3,"recipients":15},
		"unknown":{"chunks":0,"recipients":0},"done":{"chunks":2,"recipients":10},
		"rejected":{"chunks":1,"recipients":5},
		"needs_review":{"chunks":0,"recipients":0},"reused":{"chunks":0,"recipients":0},
		"passed_on":{"chunks":0,"recipients":0},"by_hand":{"chunks":0,"recipients":0},
		"accepted":10,"invalid_at_api":0,"replayed":0,
		"costs":[{"currency":"GHS","amount":"0.3100"}]}`, string(text))
}

func TestTheCSVHasALineForEachChunk(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	p := batchOf(t)
	p.Workers = 1
	_, err := Run(t.Context(), client, Numbers(numbers(7)...), p)
	require.NoError(t, err)
	b, err := Open(p.Store)
	require.NoError(t, err)
	defer b.Close()
	var out strings.Builder
	require.NoError(t, WriteCSV(&out, b.Chunks()))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 3)
	require.True(t, strings.HasPrefix(lines[0],
		"index,key,state,recipients,accepted,invalid,segments,cost,currency,since,"))
	require.True(t, strings.HasPrefix(lines[2], "1,"+ChunkKey("fees",
		1)+",done,2,2,0,1,0.0620,GHS,20"), lines[2])
}

func TestAnIncompleteCSVIsAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	require.ErrorIs(t,
		WriteCSV(io.Discard,
			func(yield func(ChunkStatus, error) bool) { yield(ChunkStatus{}, broken) }), broken)
	full, pipe := io.Pipe()
	require.NoError(t, full.CloseWithError(broken))
	require.ErrorIs(t, WriteCSV(pipe, func(func(ChunkStatus, error) bool) {}), broken)
}

func TestAnEstimateSpansThePricesOfACountry(t *testing.T) {
	t.Parallel()
	price1 := func(country, text string) hellio.Price {
		a, err := hellio.ParseAmount(text)
		require.NoError(t, err)
		return hellio.Price{Country: country, Price: a}
	}
	m := Manifest{Recipients: 111, Chunks: 2,
		Volumes: map[string]Volume{"GH": {100, 200}, "NG": {10, 10}, "": {1, 3}}}
	e := price(&m, []hellio.Price{price1("GH", "0.0310"), price1("GH", "0.0290"), price1("GH",
		"0.0300"), price1("NG", "1")})
	require.Equal(t, "15.8000", e.Low.String())
	require.Equal(t, "16.2000", e.High.String())
	require.Equal(t, 1, e.Unpriced)
	require.Equal(t, int64(213), e.Segments)
	require.Equal(t, 2, e.Calls)
}

func TestALongTextIsPricedByItsSegments(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	p := batchOf(t)
	p.Message = strings.Repeat("x", 161) + "é"
	_, err := Plan(t.Context(), client, Numbers(numbers(7)...), p)
	require.NoError(t, err)
	b, err := Open(p.Store)
	require.NoError(t, err)
	e, err := b.Estimate(t.Context(), client)
	require.NoError(t, err)
	require.NoError(t, b.Close())
	r, err := Resume(t.Context(), client, p.Store, Options{})
	require.NoError(t, err)
	require.Equal(t, e.High, r.Costs[0].Amount, "the estimate is what it costs")
	require.Equal(t, "0.0000", walletDifference(t, fake, "100.0000", r))
}
