package main

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliotest"
)

// database is the path of a run's database, which outlives a crash.
type database struct{ path string }

// TestTheOutboxUnderEveryFault runs the worker under every fault and crash at
// every call. A row that is not sent is an error of the run, because the outbox
// reports it to a person.
func TestTheOutboxUnderEveryFault(t *testing.T) {
	t.Parallel()
	explored := helliotest.Explore(t, func(r *helliotest.Run) error {
		db := helliotest.Keep(r, func() *database {
			return &database{filepath.Join(r.TempDir(), "outbox.db")}
		})
		store, err := OpenStore(r.Context(), db.path)
		if err != nil {
			return err
		}
		defer store.Close()
		if _, err := store.db.Exec(`PRAGMA synchronous = OFF`); err != nil {
			return err // no power fails in a test
		}
		if r.Attempt() == 1 {
			order := Order{ID: "1", MobileNumber: numberOf(1), Item: "a kettle"}
			if err := store.Place(r.Context(), order); err != nil {
				return err
			}
		}
		worker := NewWorker(store, r.Client(), slog.New(slog.DiscardHandler))
		if err := worker.Drain(r.Context()); err != nil {
			return err
		}
		var open int
		row := store.db.QueryRow(`SELECT count(*) FROM outbox WHERE state != 'sent'`)
		if err := row.Scan(&open); err != nil {
			return err
		}
		if open > 0 {
			return fmt.Errorf("%d messages need a person", open)
		}
		return nil
	}, helliotest.ExplorePairs(100))
	require.Empty(t, explored.Findings)
	require.Greater(t, explored.Crashes, 1)
}
