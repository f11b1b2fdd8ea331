package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliotest"
)

func TestRecipientsAreExportedByState(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.fake.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.Status(422, "blocked"))
	list := d.file("list.csv", "phone\njunk\n"+number(0)+"\n"+number(1)+"\n")
	e := d.run(d.send(list, "-yes", "-workers", "1", "-chunk", "1")...)
	require.Equal(t, statusRejected, e.status, e.err)
	out := filepath.Join(d.dir, "out.csv")
	export := []string{"export", "-store", d.store(), "-state", "rejected,open", "-o", out}
	e = d.run(append(export, "-state", "invalid")...)
	require.Equal(t, statusDone, e.status, e.err)
	require.Contains(t, e.out, "2 recipients written to "+out)
	content, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, "number,state,reason,line\n"+number(1)+",rejected,422 blocked,4\n"+
		"junk,invalid,not a phone number,2\n", string(content))
	info, err := os.Stat(out)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it holds numbers")
	e = d.run(export...)
	require.Equal(t, statusUsage, e.status)
	require.Contains(t, e.err, "out.csv exists")
	after, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, content, after)
	require.Equal(t, statusUsage, d.run("export", "-store", d.store(), "-state", "all").status)
	require.Equal(t, statusUsage, d.run("export", "-store", d.store(), "-o", out+"2").status)
	e = d.run("export", "-store", d.store(), "-state", "reused", "-o", out+"2")
	require.Equal(t, statusDone, e.status)
	require.Contains(t, e.out, "No recipient is in that state")
}
