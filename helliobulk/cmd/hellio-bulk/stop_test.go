package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliotest"
)

func TestABadListLeavesNoStore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ content, says string }{
		"empty":        {"", "line 1: the list is empty"},
		"header alone": {"phone,name\n", "there is no recipient to send to"},
		"all invalid":  {"phone,name\njunk,a\n024,b\n,c\n", "3 of 3 entries are not valid"},
		"line of 10 MB": {"phone,name\n" + strings.Repeat("1", 10<<20),
			"line 2: it is longer than 1048576 bytes"},
		"entry of 10 MB": {"phone,name\n\"" + strings.Repeat(number(1)+"\n", 800_000),
			"line 2: an entry is longer"},
		"column not there": {"mobile,name\n" + number(1) + ",x\n",
			`there is no column "phone"; the columns are "mobile", "name"`},
		"no header": {number(1) + ",x\n", "seems to be no header"},
		"ragged": {"phone,name\n" + number(1) + ",x\n" + number(2) + "\n",
			"line 3: it has 1 column"},
		"zero byte": {"phone,name\n" + number(1) + ",\x00\n",
			"line 2: it holds a zero byte"},
		"not UTF-8": {"phone,name\n" + number(1) + ",\xff\n", "line 2: it is not UTF-8"},
		"spoilt by a sheet": {"phone,name\n" + number(1) + ",x\n2.33E+11,y\n",
			"line 3: a spreadsheet has turned the number"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			e := d.run(d.send(d.file("list.csv", c.content), "-yes")...)
			require.Equal(t, statusList, e.status, e.err)
			require.Contains(t, e.err, c.says)
			require.Contains(t, e.err, "then run the same command again\n")
			require.Empty(t, d.fake.Requests())
			require.NoFileExists(t, d.store())
		})
	}
	d := newDesk(t)
	require.Equal(t, statusFailed, d.run(d.send(d.dir+"/nowhere.csv")...).status)
	require.Equal(t, statusFailed, d.run(d.send(d.dir)...).status, "a directory")
}

func TestAChangedBatchIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		change func(d *desk) []string
		next   string
	}{
		"another text": {statusBatch,
			func(d *desk) []string {
				return d.send(d.list(23), "-message",
					"Another one.")
			}, "resume -store"},
		"another list": {statusBatch, func(d *desk) []string {
			return d.send(d.file("other.csv", "phone\n"+number(1)+"\n"))
		}, "resume -store"},
		"a changed file": {statusBatch, func(d *desk) []string { return d.send(d.list(24)) },
			"resume -store"},
		"another id": {statusBatch,
			func(d *desk) []string {
				return d.send(d.list(23), "-batch",
					"other")
			}, "resume -store"},
		"another token": {statusAccount, func(d *desk) []string {
			d.env["HELLIO_API_TOKEN"] = d.fake.IssueToken()
			return d.send(d.list(23))
		}, "-adopt-token"},
		"another address": {statusAccount, func(d *desk) []string {
			server := httptest.NewServer(d.fake.Handler())
			d.t.Cleanup(server.Close)
			d.env["HELLIO_BASE_URL"] = server.URL + "/v1"
			return d.send(d.list(23))
		}, "HELLIO_BASE_URL"},
		"another store": {statusBatch, func(d *desk) []string {
			return d.send(d.list(24), "-store", d.store()+"2", "-workers", "1")
		}, "-accept-replays"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			require.Equal(t, statusDone, d.run(d.send(d.list(23), "-yes")...).status)
			e := d.run(append(c.change(d), "-yes")...)
			require.Equal(t, c.status, e.status, e.err)
			require.Contains(t, e.err, c.next)
			require.Len(t, d.fake.Messages(), 23, "nothing more was sent")
		})
	}
}

func TestARefusedAccountStopsTheBatch(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]helliotest.Rule{
		"401": helliotest.Status(401, ""), "403": helliotest.Status(403, hellio.CodeIPNotAllowed),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.fake.Fault(helliotest.SMSSend, helliotest.Nth(2), rule)
			e := d.run(d.send(d.list(23), "-yes", "-workers", "1")...)
			require.Equal(t, statusAccount, e.status)
			e = d.run(nextCommand(t, e)...)
			require.Equal(t, statusDone, e.status, e.err)
			d.requireEachOnce(23)
		})
	}
}

func TestWithoutATokenNothingIsRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	delete(d.env, "HELLIO_API_TOKEN")
	e := d.run(d.send(d.list(3), "-yes")...)
	require.Equal(t, statusAccount, e.status)
	require.Contains(t, e.err, "set HELLIO_API_TOKEN")
	require.NoFileExists(t, d.store())
}

func TestAReplacedTokenCanBeAdopted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	require.Equal(t, statusNobody, d.run(d.send(d.list(7))...).status)
	d.env["HELLIO_API_TOKEN"] = d.fake.IssueToken()
	require.Equal(t, statusAccount, d.run("resume", "-store", d.store(), "-yes").status)
	require.Equal(t, statusDone,
		d.run("resume", "-store", d.store(), "-yes", "-adopt-token").status)
	d.requireEachOnce(7)
}

func TestAStoreInUseIsOnlyRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	list := d.list(7)
	require.Equal(t, statusNobody, d.run(d.send(list)...).status)
	b, err := helliobulk.Open(d.store())
	require.NoError(t, err)
	calls := len(d.fake.Requests())
	for _, args := range [][]string{
		d.send(list, "-yes"),
		{"resume", "-store", d.store()},
		{"retry", "-store", d.store()},
		{"review", "-store", d.store()},
	} {
		require.Equal(t, statusLocked, d.run(args...).status, args)
	}
	require.Equal(t, statusUnfinished, d.run("status", "-store", d.store()).status, "it only reads")
	out := filepath.Join(d.dir, "open.csv")
	e := d.run("export", "-store", d.store(), "-state", "open", "-o", out)
	require.Equal(t, statusDone, e.status, e.err)
	require.Len(t, d.fake.Requests(), calls)
	require.NoError(t, b.Close())
	require.Equal(t, statusDone, d.run("resume", "-store", d.store(), "-yes").status)
	d.requireEachOnce(7)
}

func TestATornStoreIsPlannedAgainWithoutDoubles(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	list := d.list(23)
	d.fake.Fault(helliotest.SMSSend, helliotest.Nth(3), helliotest.Status(402, ""))
	require.Equal(t, statusUnpaid, d.run(d.send(list, "-yes", "-workers", "1")...).status)
	require.NoError(t, os.Truncate(d.store(), 100))
	for _, args := range [][]string{d.send(list, "-yes"), {"resume", "-store", d.store()},
		{"status", "-store", d.store()}, {"review", "-store", d.store()}} {
		e := d.run(args...)
		require.Equal(t, statusStore, e.status, args)
		require.Contains(t, e.err, "-accept-replays")
	}
	require.Len(t, d.fake.Messages(), 10)
	require.NoError(t, os.Remove(d.store()))
	e := d.run(d.send(list, "-yes", "-accept-replays")...)
	require.Equal(t, statusDone, e.status, e.err)
	d.requireEachOnce(23)
}

func TestAnUnusableExceptionPlansNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	list := d.list(7)
	other := d.store() + "1"
	plan := []string{"plan", list, "-column", "phone", "-message", text, "-batch", "other",
		"-store", other}
	require.Equal(t, statusDone, d.run(plan...).status)
	b, err := helliobulk.Open(other)
	require.NoError(t, err)
	send := d.send(list, "-yes", "-except", other)
	require.Equal(t, statusLocked, d.run(send...).status)
	require.NoError(t, b.Close())
	token := d.env["HELLIO_API_TOKEN"]
	d.env["HELLIO_API_TOKEN"] = d.fake.IssueToken()
	e := d.run(send...)
	require.Equal(t, statusStore, e.status)
	require.Contains(t, e.err, "fees.batch1 belongs to another token or base URL")
	require.Contains(t, e.err, "Next: name stores of the same account with -except")
	d.env["HELLIO_API_TOKEN"] = token
	require.NoError(t, os.Truncate(other, 100))
	e = d.run(send...)
	require.Equal(t, statusStore, e.status)
	require.Contains(t, e.err, "the store is damaged")
	require.NotContains(t, e.err, "resume", "the batch itself is not planned")
	require.NoFileExists(t, d.store())
	require.Empty(t, d.fake.Messages())
}

func TestAnUnknownPlaceholderRefusesTheList(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, list := range map[string]string{
		"unknown":       d.list(3),
		"1,000 columns": d.file("wide.csv", "phone"+strings.Repeat(",x", 999)+"\n"),
	} {
		e := d.run("send", list, "-column", "phone", "-message", "Pay {{sum}}.", "-batch", "fees",
			"-store", d.store(), "-yes")
		require.Equal(t, statusList, e.status, name)
		require.Contains(t, e.err, `there is no column "sum"; the columns are "phone", `, name)
		require.Less(t, len(e.err), 600, name)
		require.NoFileExists(t, d.store())
	}
	require.Empty(t, d.fake.Requests())
}

func TestAnUnknownPriceStopsTheBatch(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	list := d.list(7)
	d.fake.Fault(helliotest.PricingGet, helliotest.Times(1), helliotest.Status(404, ""))
	require.Equal(t, statusUnfinished, d.run(d.send(list, "-yes")...).status)
	require.Empty(t, d.fake.Messages())
	d.fake.Fault(helliotest.PricingGet, helliotest.Times(1), helliotest.Status(404, ""))
	e := d.run("resume", "-store", d.store(), "-yes", "-start-unpaid")
	require.Equal(t, statusDone, e.status, e.err)
	require.Contains(t, e.err, "No price is known")
	d.requireEachOnce(7)
}

func TestABatchOutlivesAnAPIWithoutAnswers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	list, there := d.list(7), d.env["HELLIO_BASE_URL"]
	d.env["HELLIO_BASE_URL"] = "http://127.0.0.1:1/v1"
	plan := append([]string{"plan"}, d.send(list)[1:]...)
	e := d.run(plan...)
	require.Equal(t, statusUnfinished, e.status)
	require.Contains(t, e.err, "once the API answers, run the same command again")
	e = d.run(d.send(list, "-yes")...)
	require.Equal(t, statusUnfinished, e.status)
	require.Contains(t, e.err, "hellio-bulk resume ")
	d.env["HELLIO_BASE_URL"] = there
	require.NoError(t, os.Remove(d.store())) // it belongs to the other address
	d.fake.Fault(helliotest.PricingGet, helliotest.Times(2), helliotest.Status(429, ""))
	d.options = append(d.options, hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}))
	for range 2 {
		e = d.run(d.send(list, "-yes")...)
		require.Equal(t, statusUnfinished, e.status)
	}
	require.Equal(t, statusUnfinished, d.run("status", "-store", d.store()).status)
	require.Equal(t, statusDone, d.run(append(nextCommand(t, e), "-yes")...).status)
	d.requireEachOnce(7)
}

func TestAnAPIErrorShowsNoNumber(t *testing.T) {
	t.Parallel()
	err := &hellio.APIError{Status: 422,
		Message: "The number +233240000001 is not valid, nor 0240000002."}
	printed := plain(fmt.Errorf("the batch: %w", errors.Join(helliobulk.ErrUnfinished, err)))
	require.Regexp(t, `^the batch: the batch is not finished; .*\*01 .*\*02`, printed)
	require.NotRegexp(t, `[0-9]{4}`, printed)
}

func TestStatusReportsAReusedID(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	list, again := d.list(23), d.store()+"2"
	require.Equal(t, statusDone, d.run(d.send(list, "-yes")...).status)
	require.Equal(t, statusBatch, d.run(d.send(list, "-yes", "-store", again)...).status)
	require.Equal(t, statusBatch, d.run("status", "-store", again).status)
}

func TestCtrlCAtAQuestionIsANo(t *testing.T) {
	t.Parallel()
	in, typing := io.Pipe() // no one types
	defer typing.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := (&console{in: in, err: io.Discard, asks: true}).ask(ctx, "Send? ")
	require.ErrorIs(t, err, errDeclined)
}
