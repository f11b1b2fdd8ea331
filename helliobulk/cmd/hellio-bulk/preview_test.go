package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheQuestionComesAfterAPreview(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.answer = "n\n"
	file := d.file("text.txt", "Dear {{name}} – pay {amount}.\nThe school")
	e := d.run("send", d.list(7), "-column", "phone", "-message-file", file, "-batch", "fees",
		"-store", d.store())
	require.Equal(t, statusDeclined, e.status, e.err)
	for _, shown := range []string{
		"first text     Dear Pupil 0 – pay {amount}.\n               The school\n",
		"39 characters, UCS-2, 1 segment",
		"– (U+2013) is not in GSM-7: 70 characters a segment, not 160",
		"{amount} is sent as it is; a placeholder has two braces",
		"Send to 7 recipients as ACME? [y/N]",
	} {
		require.Contains(t, e.err, shown)
	}
	d.answer = ""
	e = d.run("resume", "-store", d.store(), "-yes")
	require.Equal(t, statusDone, e.status, e.err)
	require.NotContains(t, e.err, "Pupil", "without a terminal no text is printed")
	require.Contains(t, e.err, "39 characters, UCS-2, 1 segment")
	e = d.run(d.send(d.list(1), "-batch", "b", "-store", d.store()+"2", "-yes", "-json")...)
	for _, ev := range events(t, e.out) {
		if ev.Preview != nil {
			require.Equal(t, 1, ev.Preview.Segments)
			return
		}
	}
	t.Fatal("no preview")
}

func TestATestMessageComesBeforeTheQuestion(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.answer = "n\n"
	list := d.list(7)
	e := d.run(d.send(list, "-test", "024 000 0099")...)
	require.Equal(t, statusDeclined, e.status, e.err)
	require.Contains(t, e.err, "The test message sent, for 0.0310 GHS")
	require.Len(t, d.fake.Messages(), 1)
	e = d.run(d.send(list, "-test", "024 000 0099")...)
	require.Contains(t, e.err, "The test message was sent before")
	require.Len(t, d.fake.Messages(), 1)
	for _, args := range [][]string{
		d.send(list, "-test", "12"),
		d.send(list, "-test", "0240000099", "-yes"),
	} {
		require.Equal(t, statusUsage, d.run(args...).status)
	}
	d.answer = ""
	require.Equal(t, statusNobody, d.run(d.send(list, "-test", "0240000098")...).status)
	require.Len(t, d.fake.Messages(), 1, "without a terminal nothing is sent")
	require.Equal(t, statusDone, d.run("resume", "-store", d.store(), "-yes").status)
	require.Equal(t, statusUsage, d.run("resume", "-store", d.store(), "-test", number(9)).status)
}

func TestAWindowIsCarriedToTheNextCommand(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	list := d.list(7)
	e := d.run(d.send(list, "-window", "08:00-20:00", "-tz", "Africa/Accra", "-pace", "30")...)
	require.Equal(t, statusNobody, e.status, e.err)
	require.Contains(t, e.err, " -pace 30 -tz Africa/Accra -window 08:00-20:00 -yes\n")
	for _, args := range [][]string{
		{"-window", "08:00-20:00"},
		{"-tz", "Africa/Accra"},
		{"-window", "08:00-08:00", "-tz", "UTC"},
		{"-pace", "-1"},
	} {
		e := d.run(append([]string{"resume", "-yes", "-store", d.store()}, args...)...)
		require.Equal(t, statusUsage, e.status, "%v: %s", args, e.err)
	}
	require.Empty(t, d.fake.Messages())
}

func TestEachListErrorHasItsOwnLine(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	rows := strings.Repeat(number(1)+"\n2.33E+11,x\n", 3)
	e := d.run(d.send(d.file("list.csv", "phone,name\n"+rows), "-yes")...)
	require.Equal(t, statusList, e.status)
	require.Contains(t, e.err, "hellio-bulk: the list cannot be used:\n  line 2: it has 1 column")
	for _, line := range []string{"\n  line 3: a spreadsheet", "\n  line 6: it has",
		"\n  line 7: a"} {
		require.Contains(t, e.err, line)
	}
	e = d.run("send", d.list(3), "-column", "phone", "-message", text, "-batch", "b", "-store",
		d.store(), "-yes")
	require.Equal(t, statusDone, e.status, e.err)
	list := d.file("list.csv", "0240000001\n0240000002\n")
	e = d.run("send", list, "-message", text, "-batch", "c", "-store", d.store()+"2", "-yes")
	require.Equal(t, statusList, e.status)
	require.Contains(t, e.err, "(2: it has no country code, and no region is given)")
}

func TestTheReportHasEachRecipient(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	list := d.file("list.csv", "phone\njunk\n"+number(0)+"\n")
	require.Equal(t, statusDone, d.run(d.send(list, "-yes")...).status)
	out := filepath.Join(d.dir, "report.csv")
	e := d.run("report", "-store", d.store(), "-o", out)
	require.Equal(t, statusDone, e.status, e.err)
	content, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Regexp(t, `^number,state,reason,line,chunk,campaign\n\`+number(0)+`,done,,3,0,\d+\n`+
		`junk,invalid,not a phone number,2,,\n$`, string(content))
	e = d.run("report", "-store", d.store(), "-o", out+"2", "-delivery")
	require.Equal(t, statusDone, e.status, e.err)
	content, err = os.ReadFile(out + "2")
	require.NoError(t, err)
	require.Regexp(t, `,done,,3,0,\d+,(queued|sent|delivered),`, string(content))
	require.Equal(t, statusUsage, d.run("report", "-store", d.store(), "-o", out).status)
	require.Equal(t, statusUsage, d.run("report", "-store", d.store()).status)
}

func TestTheVersionIsPrinted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, word := range []string{"version", "-version", "--version"} {
		e := d.run(word)
		require.Equal(t, statusDone, e.status)
		require.Regexp(t, `^hellio-bulk v?\d.*go1\.`, e.out)
	}
}
