package helliobulk

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func TestBadParamsAreRefusedBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	for field, change := range map[string]func(*Params){
		"store":      func(p *Params) { p.Store = "" },
		"batch id":   func(p *Params) { p.BatchID = "two words" },
		"sender":     func(p *Params) { p.Sender = "" },
		"message":    func(p *Params) { p.Message = strings.Repeat("x", 1601) },
		"region":     func(p *Params) { p.Region = "Ghana" },
		"chunk size": func(p *Params) { p.ChunkSize = 10_001 },
		"workers":    func(p *Params) { p.Workers = -1 },
		"margin":     func(p *Params) { p.Margin = 1 },
		"grace":      func(p *Params) { p.Grace = -1 },
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			p := batchOf(t)
			dir := filepath.Dir(p.Store)
			change(&p)
			_, err := Run(t.Context(), client, Numbers(number(1)), p)
			var param *hellio.ParamError
			require.ErrorAs(t, err, &param)
			require.Equal(t, field, param.Field)
			requireEmpty(t, dir)
		})
	}
}

func TestNilsAreRefused(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	var param *hellio.ParamError
	_, err := Run(t.Context(), nil, Numbers(number(1)), batchOf(t))
	require.ErrorAs(t, err, &param)
	_, err = Run(t.Context(), client, nil, batchOf(t))
	require.ErrorAs(t, err, &param)
}

func TestAListWithNobodyToSendToLeavesNoStore(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	for name, list := range map[string][]string{"empty": nil, "all invalid": {"", "junk", "024", strings.Repeat("1", 10<<20)}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := batchOf(t)
			_, err := Run(t.Context(), client, Numbers(list...), p)
			require.ErrorIs(t, err, ErrNoRecipients)
			requireEmpty(t, filepath.Dir(p.Store))
		})
	}
	require.Empty(t, fake.Requests())
}

func TestAListThatFailsLeavesNoStore(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	broken := errors.New("line 3: a quote is missing")
	var list iter.Seq2[Recipient, error] = func(yield func(Recipient, error) bool) {
		_ = yield(Recipient{Number: number(1)}, nil) && yield(Recipient{Number: number(2)}, nil) && yield(Recipient{}, broken)
	}
	p := batchOf(t)
	_, err := Run(t.Context(), client, list, p)
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "after 2 entries")
	requireEmpty(t, filepath.Dir(p.Store))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Run(ended, client, Numbers(numbers(3)...), p)
	require.ErrorIs(t, err, context.Canceled)
	requireEmpty(t, filepath.Dir(p.Store))
	require.Empty(t, fake.Requests())
}

func TestAPlanThatWasLeftBehindIsMadeAnew(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	p := batchOf(t)
	require.NoError(t, os.WriteFile(p.Store+planSuffix, []byte("half a plan"), 0o600))
	r, err := Run(t.Context(), client, Numbers(numbers(7)...), p)
	require.NoError(t, err)
	requireEachOnce(t, fake, "100.0000", r, numbers(7))
	require.NoFileExists(t, p.Store+planSuffix)
}

func TestAnotherBatchInTheSameStoreIsRefused(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	p := batchOf(t)
	_, err := Run(t.Context(), client, Numbers(numbers(7)...), p)
	require.NoError(t, err)
	for name, change := range map[string]func(*Params) []string{
		"id":            func(p *Params) []string { p.BatchID = "other"; return numbers(7) },
		"text":          func(p *Params) []string { p.Message = "Fees were due."; return numbers(7) },
		"sender":        func(p *Params) []string { p.Sender = "HELLIO"; return numbers(7) },
		"gateway":       func(p *Params) []string { p.Gateway = "x"; return numbers(7) },
		"region":        func(p *Params) []string { p.Region = "NG"; return numbers(7) },
		"longer list":   func(*Params) []string { return numbers(8) },
		"shorter list":  func(*Params) []string { return numbers(6) },
		"other number":  func(*Params) []string { return append(numbers(6), number(9)) },
		"other order":   func(*Params) []string { return append([]string{number(6)}, numbers(6)...) },
		"moved borders": func(*Params) []string { return append(numbers(5), number(5)+number(6)) },
	} {
		t.Run(name, func(t *testing.T) {
			changed := p
			list := change(&changed)
			_, err := Run(t.Context(), client, Numbers(list...), changed)
			require.ErrorIs(t, err, ErrBatchChanged)
		})
	}
	p.ChunkSize = 3
	_, err = Run(t.Context(), client, Numbers(numbers(7)...), p)
	require.NoError(t, err, "the stored boundaries hold, whatever the size is now")
}

func TestABatchBelongsToItsTokenAndAddress(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b := planned(t, client, numbers(7))
	require.NoError(t, b.Close())
	other, err := hellio.NewClient(fake.IssueToken(), append(quick(), hellio.WithBaseURL(client.BaseURL()), hellio.WithHTTPClient(fake.HTTPClient()))...)
	require.NoError(t, err)
	_, err = Resume(t.Context(), other, b.store.path, Options{})
	require.ErrorIs(t, err, ErrOtherAccount)
	elsewhere := fake.Client(append(quick(), hellio.WithBaseURL("https://sandbox.hellio.invalid/v1"))...)
	for _, adopt := range []bool{false, true} {
		_, err = Resume(t.Context(), elsewhere, b.store.path, Options{AdoptToken: adopt})
		require.ErrorIs(t, err, ErrOtherAccount, "another address is another account")
	}
	require.Empty(t, fake.Requests())
	r, err := Resume(t.Context(), other, b.store.path, Options{AdoptToken: true})
	require.NoError(t, err)
	requireEachOnce(t, fake, "100.0000", r, numbers(7))
	_, err = Resume(t.Context(), client, b.store.path, Options{})
	require.ErrorIs(t, err, ErrOtherAccount, "the batch belongs to the new token now")
}

func TestChunksInDoubtAreNotSentUnderAnotherToken(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithRateLimit(0))
	path := leftInDoubt(t, fake)
	other, err := hellio.NewClient(fake.IssueToken(), append(quick(), hellio.WithBaseURL("https://fake.hellio.invalid/v1"), hellio.WithHTTPClient(fake.HTTPClient()))...)
	require.NoError(t, err)
	r, err := Resume(t.Context(), other, path, Options{AdoptToken: true})
	require.ErrorIs(t, err, ErrNeedsReview)
	require.Equal(t, Count{1, 5}, r.NeedsReview)
	for n, count := range perNumber(fake) {
		require.Equal(t, 1, count, n)
	}
}

func TestABatchThatCantBePaidIsNotBegun(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t, helliotest.WithBalance("0.2000"))
	p := batchOf(t)
	_, err := Run(t.Context(), client, Numbers(numbers(7)...), p)
	require.ErrorIs(t, err, ErrCannotPay)
	var payment *PaymentError
	require.ErrorAs(t, err, &payment)
	require.Equal(t, "0.2170", payment.Estimate.High.String())
	require.Equal(t, "0.2000", payment.Estimate.Available.String())
	require.Empty(t, fake.Messages())
	enough := "0.2170"
	require.NoError(t, fake.Update(helliotest.AccountChange{Balance: &enough}))
	r, err := Resume(t.Context(), client, p.Store, p.Options)
	require.NoError(t, err)
	requireEachOnce(t, fake, enough, r, numbers(7))
}

func TestABatchWithoutAPriceIsNotBegunUnlessTold(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	p := batchOf(t)
	abroad := []string{"+4915112345678", number(1)}
	_, err := Run(t.Context(), client, Numbers(abroad...), p)
	var payment *PaymentError
	require.ErrorAs(t, err, &payment)
	require.Equal(t, 1, payment.Estimate.Unpriced)
	require.Empty(t, fake.Messages())
	p.StartUnpaid = true
	r, err := Run(t.Context(), client, Numbers(abroad...), p)
	require.NoError(t, err)
	requireEachOnce(t, fake, "100.0000", r, abroad)
}

func TestATokenThatCantAskForTheBalanceNeedsToBeTold(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithRateLimit(0), helliotest.WithToken("only-sends", "sms:send"))
	client, err := hellio.NewClient("only-sends", append(quick(), hellio.WithBaseURL("https://fake.hellio.invalid/v1"), hellio.WithHTTPClient(fake.HTTPClient()))...)
	require.NoError(t, err)
	p := batchOf(t)
	_, err = Run(t.Context(), client, Numbers(numbers(7)...), p)
	require.ErrorIs(t, err, ErrCannotPay)
	p.StartUnpaid = true
	r, err := Run(t.Context(), client, Numbers(numbers(7)...), p)
	require.NoError(t, err)
	requireEachOnce(t, fake, "100.0000", r, numbers(7))
}

func requireEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}
