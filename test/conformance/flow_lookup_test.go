package conformance

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/contract"
)

func lookupFlows() []flow {
	return []flow{
		{"lookups in each of their states", nil, lookupStates},
		{"a scheduled lookup", nil, func(t *testing.T, w *world) {
			_, err := w.client.Lookup.Create(t.Context(), &hellio.LookupParams{
				Numbers:     []string{"233209990001"},
				ScheduledAt: time.Now().Add(time.Hour),
			})
			require.NoError(t, err)
		}},
		{"a lookup with an explicit null", nil, func(t *testing.T, w *world) {
			g := w.raw(t, "POST", "/lookup", `{"numbers":["233209990001"],"scheduled_at":null}`)
			require.Equal(t, 202, g.status)
		}},
		{"a lookup whose numbers are one string", lenient(), func(t *testing.T, w *world) {
			g := w.wrong(t, "POST", "/lookup", `{"numbers":"233209990001, 233209990002\r\n12"}`)
			require.Equal(t, 202, g.status)
		}},
		{"a lookup without a valid number", nil, func(t *testing.T, w *world) {
			_, err := w.client.Lookup.Create(t.Context(),
				&hellio.LookupParams{Numbers: []string{"12"}})
			requireRefused(t, err, 422, contract.CodeNoValidNumbers)
		}},
		{"a lookup with invalid fields", lenient(), func(t *testing.T, w *world) {
			w.refuses(t, "POST", "/lookup", map[string]string{
				"numbers":      `{"numbers":[]}`,
				"scheduled_at": `{"numbers":["233209990001"],"scheduled_at":"tomorrow"}`,
			})
		}},
	}
}

func lookupStates(t *testing.T, w *world) {
	w.fake.Fault(helliotest.LookupCreate, helliotest.Nth(1), helliotest.ToNumber("233209990009"),
		helliotest.CarrierFail())
	numbers := []string{
		"233209990001",
		"233209990009",
		"447700900123",
		helliotest.NumberInvalid,
		helliotest.NumberUnreachable,
		helliotest.NumberPorted,
		"12",
	}
	batch, err := w.client.Lookup.Create(t.Context(), &hellio.LookupParams{Numbers: numbers})
	require.NoError(t, err)
	require.Equal(t, []int{6, 1}, []int{batch.Accepted, batch.Invalid})
	for range 3 {
		n := 0
		for l, err := range w.client.Lookup.All(t.Context(), &hellio.LookupListParams{PerPage: 4}) {
			require.NoError(t, err)
			_, err = w.client.Lookup.Get(t.Context(), hellio.ID(l.Reference))
			require.NoError(t, err)
			n++
		}
		require.Equal(t, 6, n)
		w.fake.Advance(5 * time.Second)
	}
	found, err := w.client.Lookup.Wait(t.Context(), batch.Lookups[0].ID)
	require.NoError(t, err)
	require.Equal(t, hellio.LookupCompleted, found.Status)
}
