package helliotest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// failingTest is a test that fails after one message.
func failingTest(t *testing.T) *recorder {
	return watch(t, func(tb testing.TB) {
		f := helliotest.New(tb, helliotest.WithWebhookHandler(hookURL, always(500), hookSecret))
		sendTo(t, f, someone)
		f.Advance(6 * time.Second)
		tb.Errorf("the test's own failure")
	})
}

func TestAFailedTestDumpsItsWorld(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	t.Setenv("HELLIOTEST_DUMP", dir)
	t.Run("../a name: with/slashes and ü", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			first, second := failingTest(t), failingTest(t)
			path := filepath.Join(dir,
				"TestAFailedTestDumpsItsWorld_.._a_name__with_slashes_and__.json")
			require.Equal(t, "helliotest: look at this world with: hellio-fake -open "+path,
				first.logs[1])
			require.True(t, strings.HasSuffix(second.logs[1], "-2.json"))

			data, err := os.ReadFile(path)
			require.NoError(t, err)
			var dump struct {
				Test    string
				Journal []string
			}
			require.NoError(t, json.Unmarshal(data, &dump))
			require.Equal(t, t.Name(), dump.Test)
			require.Equal(t, strings.Split(first.logs[0], "\n"), dump.Journal)

			f := helliotest.New(t, helliotest.FromSnapshot(data),
				helliotest.WithWebhookHandler(hookURL, &receiver{}, hookSecret))
			require.Equal(t, "delivered", f.Messages()[0].Status)
			require.Equal(t, helliotest.SMSSend, f.Requests()[0].Op)
			require.Equal(t, 202, f.Requests()[0].Status)
			f.Advance(10 * time.Second)
			require.Equal(t, "delivered", f.Deliveries()[0].Status,
				"the second attempt is still to come")

			info, err := os.Stat(path)
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it holds secrets")
		})
	})
}

func TestADumpHoldsEachCallAsItWas(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HELLIOTEST_DUMP", dir)
	synctest.Test(t, func(t *testing.T) {
		var calls, after []helliotest.Request
		var mark helliotest.Mark
		watch(t, func(tb testing.TB) {
			f := helliotest.New(tb, helliotest.Lenient())
			f.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.LoseReply())
			a := newAPI(t, f)
			a.send(oneSMS, "Idempotency-Key", "k")
			// replayed, and lost
			_, err := a.try("POST", "/sms/send", oneSMS, "Idempotency-Key", "k")
			require.Error(t, err)
			mark = f.Mark()
			f.Advance(time.Second)
			a.send(`{"sender":"HELLIO"}`)
			a.get("/messages?page=2")
			a.get("/nope")
			calls, after = f.Requests(), f.Requests(helliotest.Since(mark))
			tb.Errorf("the test's own failure")
		})
		files, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, files, 1)
		data, err := os.ReadFile(filepath.Join(dir, files[0].Name()))
		require.NoError(t, err)
		f := helliotest.New(t, helliotest.FromSnapshot(data))
		require.Equal(t, calls, f.Requests())
		require.Len(t, after, 3)
		require.Equal(t, after, f.Requests(helliotest.Since(mark)))
	})
}

func TestOnlyAFailedTestWritesADump(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HELLIOTEST_DUMP", dir)
	watch(t, func(tb testing.TB) { sendTo(t, helliotest.New(tb), someone) })
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, files)

	t.Setenv("HELLIOTEST_DUMP", filepath.Join(dir, "file"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	require.Contains(t, failingTest(t).logs[1], "helliotest: HELLIOTEST_DUMP: ")
}
