package helliobulk

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func TestBadParamsAreRefusedBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	for field, changes := range map[string][]func(*Params){
		"store": {func(p *Params) { p.Store = "" }},
		"batch id": {func(p *Params) { p.BatchID = "two words" },
			func(p *Params) { p.BatchID = "füßen" }, func(p *Params) { p.BatchID = strings.Repeat("x", 201) }},
		"sender": {func(p *Params) { p.Sender = "" },
			func(p *Params) { p.Sender = strings.Repeat("x", 12) }},
		"message": {func(p *Params) { p.Message = strings.Repeat("x", 1601) },
			func(p *Params) { p.Message = "" }},
		"region": {func(p *Params) { p.Region = "Ghana" }},
		"chunk size": {func(p *Params) { p.ChunkSize = 10_001 },
			func(p *Params) { p.ChunkSize = -1 }},
		"workers": {func(p *Params) { p.Workers = -1 }, func(p *Params) { p.Workers = 65 }},
		"margin": {func(p *Params) { p.Margin = 1 },
			func(p *Params) { p.Margin = 721 * time.Hour }},
		"grace": {func(p *Params) { p.Grace = -1 }},
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			for _, edit := range changes {
				p := batchOf(t)
				dir := filepath.Dir(p.Store)
				edit(&p)
				_, err := Run(t.Context(), client, Numbers(number(1)), p)
				var param *hellio.ParamError
				require.ErrorAs(t, err, &param)
				require.Equal(t, field, param.Field)
				requireEmpty(t, dir)
			}
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

func TestAListWithoutRecipientsLeavesNoStore(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	for name, list := range map[string][]string{"empty": nil,
		"all invalid": {"", "junk", "024", strings.Repeat("1", 10<<20)}} {
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
		_ = yield(Recipient{Number: number(1)}, nil) && yield(Recipient{Number: number(2)},
			nil) && yield(Recipient{}, broken)
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

func TestAnUnfinishedPlanIsReplaced(t *testing.T) {
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
	for name, edit := range map[string]func(*Params) []string{
		"id":           func(p *Params) []string { p.BatchID = "other"; return numbers(7) },
		"text":         func(p *Params) []string { p.Message = "Fees were due."; return numbers(7) },
		"sender":       func(p *Params) []string { p.Sender = "HELLIO"; return numbers(7) },
		"gateway":      func(p *Params) []string { p.Gateway = "x"; return numbers(7) },
		"region":       func(p *Params) []string { p.Region = "NG"; return numbers(7) },
		"longer list":  func(*Params) []string { return numbers(8) },
		"shorter list": func(*Params) []string { return numbers(6) },
		"other number": func(*Params) []string { return append(numbers(6), number(9)) },
		"other order": func(*Params) []string {
			return append([]string{number(6)},
				numbers(6)...)
		},
		"moved borders": func(*Params) []string { return append(numbers(5), number(5)+number(6)) },
	} {
		t.Run(name, func(t *testing.T) {
			changed := p
			list := edit(&changed)
			_, err := Run(t.Context(), client, Numbers(list...), changed)
			require.ErrorIs(t, err, ErrBatchChanged)
		})
	}
	p.ChunkSize, p.Region = 3, "gh"
	_, err = Run(t.Context(), client, Numbers(numbers(7)...), p)
	require.NoError(t, err, "the stored boundaries hold, whatever the size is now")
}

func TestAnotherFieldOfARecipientIsAnotherList(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	p := batchOf(t)
	p.Message = "Fees of {{child}} are due."
	_, err := Plan(t.Context(), client, people([2]string{number(1), "Ama"}), p)
	require.NoError(t, err)
	_, err = Plan(t.Context(), client, people([2]string{number(1), "Kofi"}), p)
	require.ErrorIs(t, err, ErrBatchChanged)
}

func TestABatchBelongsToItsTokenAndAddress(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b := planned(t, client, numbers(7))
	require.NoError(t, b.Close())
	other, err := hellio.NewClient(fake.IssueToken(),
		append(quick(), hellio.WithBaseURL(client.BaseURL()),
			hellio.WithHTTPClient(fake.HTTPClient()))...)
	require.NoError(t, err)
	_, err = Resume(t.Context(), other, b.store.path, Options{})
	require.ErrorIs(t, err, ErrOtherAccount)
	elsewhere := fake.Client(append(quick(),
		hellio.WithBaseURL("https://sandbox.hellio.invalid/v1"))...)
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

func TestUnknownChunksKeepTheirToken(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithRateLimit(0))
	path := leftUnknown(t, fake)
	other, err := hellio.NewClient(fake.IssueToken(),
		append(quick(), hellio.WithBaseURL("https://fake.hellio.invalid/v1"),
			hellio.WithHTTPClient(fake.HTTPClient()))...)
	require.NoError(t, err)
	r, err := Resume(t.Context(), other, path, Options{AdoptToken: true})
	require.ErrorIs(t, err, ErrNeedsReview)
	require.Equal(t, Count{1, 5}, r.NeedsReview)
	for n, count := range perNumber(fake) {
		require.Equal(t, 1, count, n)
	}
}

func TestAnUnpayableBatchIsNotBegun(t *testing.T) {
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

func TestAnUnpricedBatchIsNotBegun(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	p := batchOf(t)
	abroad := []string{"+4915112345678", number(1)}
	_, err := Run(t.Context(), client, Numbers(abroad...), p)
	var payment *PaymentError
	require.ErrorAs(t, err, &payment)
	require.Equal(t, 1, payment.Estimate.Unpriced)
	require.ErrorContains(t, err, "no price for 1 of 2 recipients")
	require.Empty(t, fake.Messages())
	p.StartUnpaid = true
	r, err := Run(t.Context(), client, Numbers(abroad...), p)
	require.NoError(t, err)
	requireEachOnce(t, fake, "100.0000", r, abroad)
}

func TestATokenWithoutBalanceScopeStartsUnpaid(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithRateLimit(0),
		helliotest.WithToken("only-sends", "sms:send"))
	client, err := hellio.NewClient("only-sends",
		append(quick(), hellio.WithBaseURL("https://fake.hellio.invalid/v1"),
			hellio.WithHTTPClient(fake.HTTPClient()))...)
	require.NoError(t, err)
	p := batchOf(t)
	_, err = Run(t.Context(), client, Numbers(numbers(7)...), p)
	require.ErrorIs(t, err, ErrCannotPay)
	p.StartUnpaid = true
	r, err := Run(t.Context(), client, Numbers(numbers(7)...), p)
	require.NoError(t, err)
	requireEachOnce(t, fake, "100.0000", r, numbers(7))
}

// twoPrices lists a second, dearer network, and half of the balance as
// reserved.
type twoPrices struct{ http.RoundTripper }

func (p twoPrices) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := p.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	text := strings.Replace(string(body), `"0.0310"`, `"0.0400"`, 1)
	text = strings.Replace(text, `"available":"0.5000"`, `"available":"0.2500"`, 1)
	resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	resp.Header.Del("Content-Length")
	return resp, err
}

func TestTheBalanceMustCoverTheHighestPrice(t *testing.T) {
	t.Parallel()
	// 8 by the lowest price, 12 by what is reserved
	for recipients, payable := range map[int]bool{6: true, 7: false, 8: false, 13: false} {
		fake, client := newFake(t, helliotest.WithBalance("0.5000"))
		b := planned(t, client, numbers(recipients))
		dear, err := hellio.NewClient(helliotest.DefaultToken,
			append(quick(), hellio.WithBaseURL(client.BaseURL()),
				hellio.WithHTTPClient(&http.Client{Transport: twoPrices{fake.RoundTripper()}}))...)
		require.NoError(t, err)
		e, err := b.Estimate(t.Context(), dear)
		require.NoError(t, err)
		require.Equal(t, "0.2500", e.Available.String())
		require.Equal(t, payable, e.Payable, "%d recipients, %s to %s", recipients, e.Low, e.High)
		require.NoError(t, b.Close())
	}
}

func TestTheShortestTimeCountsFullWindows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limit, calls int
		want         time.Duration
	}{
		"one window": {120, 120, 0}, "one call more": {120, 121, time.Minute}, "two": {120, 240,
			time.Minute},
		"a limit of its own": {60, 121, 2 * time.Minute}, "no limit known": {0, 121, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, client := newFake(t, helliotest.WithRateLimit(c.limit))
			p := batchOf(t)
			p.ChunkSize = 1
			_, err := Plan(t.Context(), client, Numbers(numbers(c.calls)...), p)
			require.NoError(t, err)
			b, err := Open(p.Store)
			require.NoError(t, err)
			defer b.Close()
			e, err := b.Estimate(t.Context(), client)
			require.NoError(t, err)
			require.Equal(t, c.want, e.Shortest)
		})
	}
}

func requireEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}
