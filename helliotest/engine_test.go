package helliotest

import (
	"context"
	"os"
	"regexp"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEveryOperationOfTheContractHasAnOp(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../internal/contract/operations.go")
	require.NoError(t, err)
	operations := regexp.MustCompile(`Operation\{Name: "(\w+)"`).FindAllSubmatch(source, -1)
	require.NotEmpty(t, operations)
	for _, name := range operations {
		require.True(t, Op(name[1]).known(), "%s", name[1])
	}
}

func TestEveryRouteIsAnOpWithAuthentication(t *testing.T) {
	t.Parallel()
	for _, methods := range routes {
		for method, r := range methods {
			require.True(t, Op(r.op.Name).known(), r.op.Name)
			require.Equal(t, method, r.op.Method)
			require.NotNil(t, r.handle)
		}
	}
}

func TestALiteralRouteWinsOverAnID(t *testing.T) {
	t.Parallel()
	table := router{
		"/a/{id}":      {"GET": &apiRoute{}},
		"/a/b":         {"PUT": &apiRoute{}},
		"/a/{id}/mode": {"POST": &apiRoute{}},
	}
	for path, want := range map[string][2]string{
		"/a/b":      {"PUT", ""},
		"/a/c":      {"GET", "c"},
		"/a/c%2Fd":  {"GET", "c/d"},
		"/a/x/mode": {"POST", "x"},
		"/a/":       {"", ""},
		"/a":        {"", ""},
		"":          {"", ""},
		"/":         {"", ""},
		"/a//mode":  {"", ""},
		"/a/%zz":    {"", ""},
	} {
		methods, id := table.match(path)
		require.Equal(t, want[1], id, path)
		require.Equal(t, want[0] != "", methods != nil, path)
		if methods != nil {
			require.Contains(t, methods, want[0], path)
		}
	}
}

func TestSettleWaitsForWorkThatWasBegun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t)
		var done atomic.Bool
		f.mu.Lock()
		f.world.at(f.world.clock.Now().Add(time.Minute), func(time.Time) {
			f.spawn(func(context.Context) {
				time.Sleep(time.Second)
				done.Store(true)
			})
		})
		f.mu.Unlock()
		require.NoError(t, f.Settle(t.Context()))
		require.False(t, done.Load())
		time.Sleep(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		require.ErrorIs(t, f.Settle(ctx), context.DeadlineExceeded)
		require.NoError(t, f.Settle(t.Context()))
		require.True(t, done.Load())
	})
}

func TestAdvanceWaitsForTheWorkOfAJob(t *testing.T) {
	t.Parallel()
	f := New(t)
	var order []string
	f.mu.Lock()
	start := f.world.clock.Now()
	f.world.at(start.Add(10*time.Second), func(due time.Time) {
		f.spawn(func(context.Context) {
			f.mu.Lock()
			defer f.mu.Unlock()
			order = append(order, "attempt")
			f.world.at(due.Add(10*time.Second),
				func(time.Time) { order = append(order, "second attempt") })
		})
	})
	f.world.at(start.Add(30*time.Second), func(time.Time) { order = append(order, "later") })
	f.mu.Unlock()
	f.Advance(time.Minute)
	require.Equal(t, []string{"attempt", "second attempt", "later"}, order)
}

func TestTheEndOfAFakeEndsItsWork(t *testing.T) {
	t.Parallel()
	f, err := Start()
	require.NoError(t, err)
	ended := false
	f.mu.Lock()
	f.spawn(func(ctx context.Context) {
		<-ctx.Done()
		ended = true
	})
	f.mu.Unlock()
	require.NoError(t, f.Close())
	require.True(t, ended)
	require.EqualError(t, f.Settle(t.Context()), "this Fake was closed")
}

func TestAHandlerMayWaitOutsideTheLock(t *testing.T) {
	t.Parallel()
	f := New(t)
	c := &apiCall{e: f.engine, w: f.world}
	f.mu.Lock()
	c.outside(func() { require.Empty(t, f.Messages()) })
	f.mu.Unlock()
}

func TestARowThatWasRemovedIsNotFound(t *testing.T) {
	t.Parallel()
	f := New(t)
	var rows rowTable[*messageRow]
	for range 3 {
		rows.add(&messageRow{messageState: messageState{
			ID:        f.world.nextID(),
			Reference: f.world.newReference(),
		}})
	}
	middle := rows.rows[1]
	rows.remove(middle)
	rows.remove(middle)
	require.Len(t, rows.rows, 2)
	require.Nil(t, rows.find(middle.Reference.String()))
	require.NotNil(t, rows.find(rows.rows[1].Reference.String()))
}

func TestReferencesAreRandomUUIDs(t *testing.T) {
	t.Parallel()
	f := New(t)
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for range 1000 {
		reference := f.world.newReference().String()
		require.Regexp(t, form, reference)
		require.False(t, seen[reference])
		seen[reference] = true
	}
}

func TestAnEmptyAnswerHasNeitherTypeNorLength(t *testing.T) {
	t.Parallel()
	f := New(t)
	a := (&apiCall{e: f.engine, w: f.world, log: &logged{}}).write(empty())
	require.Equal(t, 204, a.status)
	require.Empty(t, a.body)
	require.Zero(t, a.length)
	require.NotContains(t, a.header, "Content-Type")
	require.NotContains(t, a.header, "Content-Length")
}
