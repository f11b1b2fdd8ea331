package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/internal/dedupetest"
)

const secret = "whsec_0123456789abcdef"

func open(t *testing.T, path string) *database {
	t.Helper()
	db, err := openDatabase(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func temporary(t *testing.T) *database {
	return open(t, filepath.Join(t.TempDir(), "reports.db"))
}

func handlerOn(t *testing.T, db *database, secrets ...string) http.Handler {
	t.Helper()
	h, err := newHandler(db, secrets, hellio.WithWebhookLogger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	return h
}

// deliver posts a signed report and returns the status of the response.
func deliver(h http.Handler, id, status string) int {
	body := fmt.Sprintf(`{"event":"message.%s","mobile_number":"+233209990001",`+
		`"provider_message_id":%q,"status":%q}`, status, id, status)
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "." + body))
	r := httptest.NewRequest(http.MethodPost, "/hooks/hellio", strings.NewReader(body))
	r.Header.Set("X-Hellio-Timestamp", stamp)
	r.Header.Set("X-Hellio-Signature-V2", hex.EncodeToString(mac.Sum(nil)))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

func requireStatus(t *testing.T, db *database, id string, want hellio.MessageStatus) {
	t.Helper()
	got, err := db.status(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestALateReportNeverOverwritesAFinalOne(t *testing.T) {
	t.Parallel()
	db := temporary(t)
	h := handlerOn(t, db, secret)
	for _, status := range []string{"sent", "delivered", "queued", "failed"} {
		require.Equal(t, http.StatusOK, deliver(h, "prv-77", status))
	}
	requireStatus(t, db, "prv-77", hellio.MessageDelivered)
	requireStatus(t, db, "prv-78", "")
}

func TestAHandledEventStaysHandledAfterARestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "reports.db")
	first := open(t, path)
	require.Equal(t, http.StatusOK, deliver(handlerOn(t, first, secret), "prv-77", "delivered"))
	require.NoError(t, first.Close())

	second := open(t, path)
	_, err := second.ExecContext(t.Context(), `DELETE FROM messages`)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, deliver(handlerOn(t, second, secret), "prv-77", "delivered"))
	requireStatus(t, second, "prv-77", "") // the event was not applied again
}

func TestTheNextDeliveryAppliesAFailedEvent(t *testing.T) {
	t.Parallel()
	db := temporary(t)
	h := handlerOn(t, db, secret)
	_, err := db.ExecContext(t.Context(), `ALTER TABLE messages RENAME TO elsewhere`)
	require.NoError(t, err)
	for range 3 {
		require.Equal(t, http.StatusInternalServerError, deliver(h, "prv-77", "delivered"))
	}
	_, err = db.ExecContext(t.Context(), `ALTER TABLE elsewhere RENAME TO messages`)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, deliver(h, "prv-77", "delivered"))
	requireStatus(t, db, "prv-77", hellio.MessageDelivered)
}

func TestADatabaseThatIsGoneAcknowledgesNothing(t *testing.T) {
	t.Parallel()
	db := temporary(t)
	h := handlerOn(t, db, secret)
	require.NoError(t, db.Close())
	require.Equal(t, http.StatusInternalServerError, deliver(h, "prv-77", "delivered"))
}

func TestEveryOrderOfTwoOwnersKeepsTheRules(t *testing.T) {
	t.Parallel()
	db := temporary(t)
	_, err := db.ExecContext(t.Context(), `PRAGMA synchronous = OFF`) // no crash in this test
	require.NoError(t, err)
	sequences := dedupetest.Run(t, 4, func(string) dedupetest.Subject {
		return dedupetest.Subject{
			Store:    db,
			EndLease: func(id string) { endLease(t, db, id) },
			Held:     hellio.ErrClaimHeld,
			Handled:  hellio.ErrAlreadyHandled,
		}
	})
	t.Log(sequences, "sequences")
}

// endLease lets a claim end; a handled event stays.
func endLease(t *testing.T, db *database, id string) {
	t.Helper()
	_, err := db.ExecContext(t.Context(),
		`UPDATE events SET until = $1 WHERE id = $2 AND owner <> ''`,
		time.Now().UnixMilli(), id)
	require.NoError(t, err)
}

func TestReleaseOfNoOwnerLeavesAHandledEvent(t *testing.T) {
	t.Parallel()
	db := temporary(t)
	commit(t, db, "a")
	require.NoError(t, db.Release(t.Context(), "a", ""))
	_, err := db.Claim(t.Context(), "a", time.Minute)
	require.ErrorIs(t, err, hellio.ErrAlreadyHandled)
}

// commit claims and commits an event.
func commit(t *testing.T, db *database, id string) {
	t.Helper()
	owner, err := db.Claim(t.Context(), id, time.Minute)
	require.NoError(t, err)
	require.NoError(t, db.Commit(t.Context(), id, owner))
}

func TestACommitDeletesEventsPastTheirRetention(t *testing.T) {
	t.Parallel()
	db := temporary(t)
	commit(t, db, "old")
	past := time.Now().Add(-time.Second).UnixMilli()
	_, err := db.ExecContext(t.Context(), `UPDATE events SET until = $1`, past)
	require.NoError(t, err)
	commit(t, db, "new")
	var ids string
	row := db.QueryRowContext(t.Context(), `SELECT group_concat(id) FROM events`)
	require.NoError(t, row.Scan(&ids))
	require.Equal(t, "new", ids)
}

func TestTheServerEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, serve(ctx, &http.Server{Addr: "127.0.0.1:0"}))
	require.Error(t, serve(t.Context(), &http.Server{Addr: "127.0.0.1:no port"}))
}

func TestASecretThatIsMissingIsRefused(t *testing.T) {
	t.Setenv("HELLIO_WEBHOOK_SECRETS", "")
	args := []string{"-db", filepath.Join(t.TempDir(), "reports.db")}
	require.ErrorContains(t, run(t.Context(), args), "secrets[0]")
}
