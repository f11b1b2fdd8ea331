package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func TestSendShowsThePriceAsksAndSends(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.answer = "y\n"
	e := d.run(d.send(d.list(23))...)
	require.Equal(t, statusDone, e.status, e.err)
	for _, shown := range []string{"23 in 5 calls", "0.7130 GHS", "100.0000 GHS",
		"Send to 23 recipients as ACME? [y/N]", "23 of 23"} {
		require.Contains(t, e.err, shown)
	}
	require.Contains(t, e.out, "23 of 23 recipients")
	require.Contains(t, e.out, "0.7130 GHS")
	d.requireEachOnce(23)
}

func TestDecliningSendsNothing(t *testing.T) {
	t.Parallel()
	for _, no := range []string{"n\n", "\n", "no way\n", "yes please\n"} {
		d := newDesk(t)
		d.answer = no
		e := d.run(d.send(d.list(7))...)
		require.Equal(t, statusDeclined, e.status)
		require.Empty(t, d.fake.Messages())
		require.Contains(t, e.err, "hellio-bulk resume -store "+d.store()+"\n")
		d.answer = "yes\n"
		require.Equal(t, statusDone, d.run("resume", "-store", d.store()).status)
		d.requireEachOnce(7)
	}
}

func TestWithoutATerminalNothingIsSpent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	e := d.run(d.send(d.list(7))...)
	require.Equal(t, statusNobody, e.status)
	require.Contains(t, e.err, "resume -store "+d.store()+" -yes\n")
	require.Empty(t, d.fake.Messages())
	d.answer = number(0) + "\ny\n" // a list from standard input leaves no terminal there
	require.Equal(t, statusNobody,
		d.run("send", "-", "-message", text, "-batch", "b", "-store", d.store()+"2").status)
	require.Empty(t, d.fake.Messages())
	require.Equal(t, statusDone, d.run("resume", "-store", d.store(), "-yes").status)
	d.requireEachOnce(7)
}

func TestALongListIsReadFromStandardInput(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.answer = number(0) + "\n" + number(1) + "\n"
	e := d.run("send", "-", "-message", text, "-batch", "fees", "-store", d.store(), "-yes")
	require.Equal(t, statusDone, e.status, e.err)
	d.requireEachOnce(2)
}

func TestEachShapeOfAListSendsTheSame(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../internal/list/testdata/*.csv")
	require.NoError(t, err)
	require.Len(t, files, 12)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			args := []string{"send", file, "-column", "phone", "-message",
				"Dear {{First_name}}, fees are due.", "-batch", "fees", "-store", d.store(), "-region", "GH", "-yes"}
			want := map[string]string{"+233240000001": "Ama", "+233240000002": "Kofi Mensah-Éclair",
				"+233240000003": "Ɔkyere ✓"}
			if strings.Contains(file, "1252") {
				args = append(args, "-encoding", "windows-1252")
				want = map[string]string{"+233240000001": "Zoë"}
			}
			e := d.run(args...)
			require.Equal(t, statusDone, e.status, e.err)
			messages := d.fake.Messages()
			require.Len(t, messages, len(want))
			for _, m := range messages {
				require.Equal(t, "Dear "+want[m.MobileNumber]+", fees are due.", m.Message)
			}
		})
	}
}

func TestTheTextMayComeFromAFile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := d.file("text.txt", "\xef\xbb\xbfFees are due.\r\nThe school\r\n")
	e := d.run("send", d.list(1), "-column", "1", "-message-file", file, "-batch", "fees", "-store",
		d.store(), "-yes")
	require.Equal(t, statusDone, e.status, e.err)
	require.Equal(t, "Fees are due.\nThe school", d.fake.Messages()[0].Message)
	e = d.run("send", d.list(1), "-column", "1", "-message-file", file+"x", "-batch", "b", "-store",
		d.store()+"2", "-yes")
	require.Equal(t, statusFailed, e.status)
}

func TestPlanSendsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	list := d.file("list.csv", "phone\n"+number(0)+"\njunk\n024\n"+number(0)+"\n")
	plan := append([]string{"plan"}, d.send(list)[1:]...)
	e := d.run(append(plan, "-offline")...)
	require.Equal(t, statusDone, e.status, e.err)
	require.Empty(t, d.fake.Requests())
	require.Contains(t, e.out, "not a phone number")
	require.Contains(t, e.err, "resume -store "+d.store())
	e = d.run(plan...)
	require.Equal(t, statusDone, e.status, e.err)
	require.Contains(t, e.out, "0.0310 GHS")
	require.Empty(t, d.fake.Messages())
	e = d.run("status", "-store", d.store(), "-invalid")
	require.Equal(t,
		"line,reason\n3,not a phone number\n"+
			"4,\"not in use in its country, as far as the numbering tables know\"\n", e.out)
	require.Equal(t, statusUnfinished, e.status)
}

func TestProgramsReadAnObjectALine(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	e := d.run(d.send(d.list(23), "-yes", "-json")...)
	require.Equal(t, statusDone, e.status, e.err)
	var kinds []string
	for _, ev := range events(t, e.out) {
		kinds = append(kinds, ev.Event)
	}
	require.Equal(t, "planned", kinds[0])
	require.Equal(t, "estimate", kinds[1])
	require.Contains(t, kinds, "progress")
	last := lastEvent(t, e.out)
	require.Equal(t, 23, last.Report.Accepted)
	require.Zero(t, *last.Exit)
	require.Empty(t, last.Next)

	e = d.run(d.send(d.file("empty.csv", ""), "-json")...)
	last = lastEvent(t, e.out)
	require.Equal(t, statusList, *last.Exit)
	require.Contains(t, last.Error, "empty")
	require.Equal(t,
		"correct the list, or say where its columns are, then run the same command again",
		last.Next[0].Do)
}

// outOfRange are flags with values that no command takes.
var outOfRange = map[string]string{
	"-workers": "65",
	"-pace":    "-1",
	"-margin":  "-3h",
	"-grace":   "-1s",
	"-window":  "25-3",
	"-tz":      "Mars/X",
}

func TestAFlagOutOfRangeMakesNoStore(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	list := d.list(2)
	refuses := func(flag, value string) {
		e := d.run(d.send(list, "-yes", flag, value)...)
		require.Equal(t, statusUsage, e.status, "%s: %s", flag, e.err)
		require.NoFileExists(t, d.store(), flag)
	}
	for flag, value := range outOfRange {
		refuses(flag, value)
	}
	refuses("-test", "+233209990001") // -yes asks nothing
}

func TestOutOfRangeFlagsEndBeforeTheQuestion(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	require.Equal(t, statusNobody, d.run(d.send(d.list(2))...).status)
	calls := len(d.fake.Requests())
	d.answer = "y\n"
	for flag, value := range outOfRange {
		e := d.run("resume", "-store", d.store(), flag, value)
		require.Equal(t, statusUsage, e.status, "%s: %s", flag, e.err)
		require.NotContains(t, e.err, "[y/N]", flag)
	}
	e := d.run("enqueue", "-store", d.store(), "-margin", "-3h")
	require.Equal(t, statusUsage, e.status, e.err)
	require.Len(t, d.fake.Requests(), calls)
}

func TestRejectedChunksHaveAStatusAndARetry(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for nth := 2; nth <= 3; nth++ {
		d.fake.Fault(helliotest.SMSSend, helliotest.Nth(nth), helliotest.Status(422, "blocked"))
	}
	e := d.run(d.send(d.list(23), "-yes", "-workers", "1")...)
	require.Equal(t, statusRejected, e.status, e.err)
	require.Contains(t, e.out, "13 of 23 recipients")
	require.Contains(t, e.out, "rejected       10 recipients in 2 chunks")
	require.Equal(t, statusRejected, d.run("status", "-store", d.store()).status)
	require.Equal(t, statusRejected, d.run("resume", "-store", d.store()).status)
	require.Equal(t, []string{"retry", "-store", d.store(), "-workers", "1"}, nextCommand(t, e))
	e = d.run(nextCommand(t, e)...)
	require.Equal(t, statusDone, e.status, e.err)
	d.requireEachOnce(23)
	e = d.run("retry", "-store", d.store())
	require.Equal(t, statusUsage, e.status)
	require.Contains(t, e.err, "nothing to retry")
}

func TestStatusHasALinePerChunk(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	require.Equal(t, statusDone, d.run(d.send(d.list(23), "-yes")...).status)
	calls := len(d.fake.Requests())
	e := d.run("status", "-store", d.store(), "-csv")
	require.Equal(t, statusDone, e.status)
	require.Equal(t, 6, strings.Count(e.out, "\n"))
	require.Len(t, d.fake.Requests(), calls, "it makes no call")
}

func TestThePrintedCommandResumesAnInterruptedSend(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	list := d.list(60)
	ctx, cancel := context.WithCancel(t.Context())
	sends := 0
	d.ctx = ctx
	options := d.options
	d.options = append(options, hellio.WithAttemptHook(func(_ context.Context, a hellio.Attempt) {
		if a.Method == "POST" {
			if sends++; sends == 4 {
				cancel()
			}
		}
	}))
	e := d.run(d.send(list, "-yes", "-workers", "1")...)
	require.Equal(t, statusUnfinished, e.status)
	require.Contains(t, e.out, "40 recipients in 8 chunks")
	require.Contains(t, e.err, "Stopping after the calls in flight")
	d.ctx, d.options = t.Context(), options
	e = d.run(nextCommand(t, e)...)
	require.Equal(t, statusDone, e.status, e.err)
	d.requireEachOnce(60)
	require.Equal(t, statusDone, d.run(d.send(list)...).status,
		"sending it once more sends nothing and asks nothing")
	d.requireEachOnce(60)
}

// nextCommand is the first command that the program says to run next.
func nextCommand(t *testing.T, e ended) []string {
	t.Helper()
	_, after, found := strings.Cut(e.err, "\nNext: ")
	require.True(t, found)
	words := strings.Fields(strings.Split(after, "\n")[1])
	require.Equal(t, "hellio-bulk", words[0])
	return words[1:]
}

func TestABatchContinuesAfterATopUp(t *testing.T) {
	t.Parallel()
	d := newDesk(t, helliotest.WithBalance("0.4000"))
	list := d.list(23)
	e := d.run(d.send(list, "-yes")...)
	require.Equal(t, statusUnpaid, e.status)
	require.Empty(t, d.fake.Messages(), "what can't be paid is not begun")
	require.Contains(t, e.err, "-start-unpaid")
	e = d.run("resume", "-store", d.store(), "-yes", "-start-unpaid")
	require.Equal(t, statusUnpaid, e.status)
	require.NotEmpty(t, d.fake.Messages())
	full := "10.0000"
	require.NoError(t, d.fake.Update(helliotest.AccountChange{Balance: &full}))
	e = d.run(nextCommand(t, e)...)
	require.Equal(t, statusDone, e.status, e.err)
	require.Contains(t, e.out, "0.7130 GHS")
	require.Len(t, d.fake.Messages(), 23)
}

func TestAStoreIsFoundByItsBatch(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var b batchFlags
	b.params.BatchID, b.message = "fees-2026-05", text
	without := &console{getenv: func(string) string { return "" }}
	require.ErrorContains(t, b.finish(without, ""), "HELLIO_DEFAULT_SENDER")
	b.params.Sender = "ACME"
	require.NoError(t, b.finish(without, ""))
	require.Equal(t, "fees-2026-05.batch", b.params.Store)
	require.Equal(t, statusStore, d.run("resume", "-store", d.store()).status)
}
