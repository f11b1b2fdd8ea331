package helliobulk

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliotest"
)

func TestThereIsNothingToResumeWithoutABatch(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	_, err := Resume(t.Context(), client, storePath(t), Options{})
	require.ErrorIs(t, err, ErrNoBatch)
	_, err = Status(storePath(t))
	require.ErrorIs(t, err, ErrNoBatch)
}

func TestAStoreInUseCanBeRead(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b := planned(t, client, numbers(7))
	defer b.Close()
	p := batchOf(t)
	p.Store = b.store.path
	_, err := Run(t.Context(), client, Numbers(numbers(7)...), p)
	require.ErrorIs(t, err, ErrLocked)
	require.Empty(t, fake.Messages())
	require.NoError(t, b.Send(t.Context(), client, Options{}))
	r, err := Status(b.store.path)
	require.NoError(t, err)
	require.Equal(t, b.Report(), *r)
	look, err := OpenReadOnly(b.store.path)
	require.NoError(t, err)
	defer look.Close()
	require.ErrorContains(t, look.mark(0, StateOpen), "read only")
}

func TestTwoPlansOfOneStoreExcludeEachOther(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	p := batchOf(t)
	other, err := createStore(p.Store + planSuffix)
	require.NoError(t, err)
	defer other.close()
	require.NoError(t, other.flush())
	_, err = Plan(t.Context(), client, Numbers(numbers(7)...), p)
	require.ErrorIs(t, err, ErrLocked)
	left, err := os.ReadFile(other.path)
	require.NoError(t, err)
	require.Equal(t, storeMagic, string(left), "the lock comes before anything else")
}

func TestAPlanDoesNotReplaceAnother(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	p := batchOf(t)
	require.NoError(t, os.WriteFile(p.Store, []byte("planned"), 0o600))
	_, err := plan(t.Context(), Numbers(numbers(7)...), p, client.BaseURL(), "account")
	require.ErrorIs(t, err, ErrLocked)
	content, err := os.ReadFile(p.Store)
	require.NoError(t, err)
	require.Equal(t, "planned", string(content))
}

// stopped is the content of a store whose batch was stopped in the middle, how
// long its plan is, and where each commit of its journal ends.
func stopped(t *testing.T) (content []byte, planEnd int, commits []int) {
	t.Helper()
	fake, client := newFake(t)
	fake.Fault(helliotest.SMSSend, helliotest.Nth(6), helliotest.Status(402, ""))
	p := batchOf(t)
	p.ChunkSize = 4
	p.Workers = 1
	list := Numbers(append(numbers(40), "junk")...)
	_, err := Plan(t.Context(), client, list, p)
	require.NoError(t, err)
	before, err := os.ReadFile(p.Store)
	require.NoError(t, err)
	p.Progress = func(Report) {
		info, err := os.Stat(p.Store)
		require.NoError(t, err)
		commits = append(commits, int(info.Size()))
	}
	_, err = Run(t.Context(), client, list, p)
	require.ErrorIs(t, err, ErrUnfinished)
	content, err = os.ReadFile(p.Store)
	require.NoError(t, err)
	require.Len(t, commits, 12, "an intent and a result of each of 6 chunks")
	return content, len(before), commits
}

// readAll reads every record of a store.
func readAll(path string) (*Report, error) {
	b, err := OpenReadOnly(path) // a lock may outlive a test in a child that another one forks
	if err != nil {
		return nil, err
	}
	defer b.Close()
	for index := range b.Manifest().Chunks {
		if _, err := b.Chunk(index); err != nil {
			return nil, err
		}
	}
	for _, err := range b.Chunks() {
		if err != nil {
			return nil, err
		}
	}
	for _, err := range b.Invalid() {
		if err != nil {
			return nil, err
		}
	}
	r := b.Report()
	return &r, nil
}

func TestAStoreCutInItsPlanIsRefused(t *testing.T) {
	t.Parallel()
	content, planEnd, _ := stopped(t)
	path := storePath(t)
	for length := range planEnd {
		require.NoError(t, os.WriteFile(path, content[:length], 0o600))
		_, err := readAll(path)
		require.ErrorIs(t, err, ErrTorn, "%d of %d bytes", length, len(content))
	}
}

// A crash leaves a part of the last commit, or zeros in its place: that commit
// had not returned, so nothing was done because of it.
func TestACommitThatACrashCutIsDropped(t *testing.T) {
	t.Parallel()
	content, planEnd, commits := stopped(t)
	path := storePath(t)
	whole := append([]int{planEnd}, commits...)
	for n := 1; n < len(whole); n++ {
		last := content[whole[n-1]:whole[n]]
		for length := range last {
			for _, zeros := range []int{0, len(last) - length} {
				cut := append([]byte{}, content[:whole[n-1]+length]...)
				cut = append(cut, make([]byte, zeros)...)
				if bytes.Equal(cut, content[:whole[n]]) {
					continue // the commit itself ends in these zeros
				}
				require.NoError(t, os.WriteFile(path, cut, 0o600))
				r, err := readAll(path)
				if zeros > 0 && zeros < recordTail && err != nil {
					require.ErrorIs(t, err, ErrTorn, "it looks like damage")
					continue
				}
				require.NoError(t, err)
				require.Equal(t, (n-1)/2, r.Done.Chunks)
				require.Equal(t, (n-1)%2, r.Unknown.Chunks)
			}
		}
	}
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	t.Parallel()
	content, _, _ := stopped(t)
	require.NoError(t, scanAll(content))
	for bit := 8 * len(storeMagic); bit < len(content)*8; bit++ {
		content[bit/8] ^= 1 << (bit % 8)
		require.ErrorIs(t, scanAll(content), errDamaged, "bit %d of byte %d", bit%8, bit/8)
		content[bit/8] ^= 1 << (bit % 8)
	}
}

// scanAll reads all records of a store.
func scanAll(content []byte) error {
	records := newRecordScan(bytes.NewReader(content), int64(len(content)))
	at := int64(len(storeMagic))
	_, err := io.CopyN(io.Discard, records.in, at)
	for err == nil && at < int64(len(content)) {
		var payload []byte
		_, payload, err = records.next(at)
		at += int64(recordHead + len(payload) + recordTail)
	}
	return err
}

func TestARecordInAnothersPlaceIsFound(t *testing.T) {
	t.Parallel()
	content, planEnd, commits := stopped(t)
	path := storePath(t)
	journal := content[planEnd:]
	for name, damaged := range map[string][]byte{
		"the journal twice": append(append([]byte{}, content...), journal...),
		"a commit left out": append(append([]byte{}, content[:commits[0]]...),
			content[commits[1]:]...),
		"a commit a byte later": append(append([]byte{}, content[:planEnd]...),
			append([]byte{1}, journal...)...),
	} {
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		_, err := readAll(path)
		require.ErrorIs(t, err, ErrTorn, name)
	}
}

func TestGarbageIsRefusedAsAStore(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	path := storePath(t)
	for _, garbage := range []string{"", "x", storeMagic, storeMagic + "garbage of any length",
		"SQLite format 3"} {
		require.NoError(t, os.WriteFile(path, []byte(garbage), 0o600))
		_, err := Resume(t.Context(), client, path, Options{})
		require.ErrorIs(t, err, ErrTorn)
	}
	_, err := Resume(t.Context(), client, filepath.Dir(path), Options{})
	require.Error(t, err, "a directory")
}

func TestAFailedCommitChangesNothing(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	b := planned(t, client, numbers(7))
	before, err := os.ReadFile(b.store.path)
	require.NoError(t, err)
	readOnly, err := os.Open(b.store.path)
	require.NoError(t, err)
	writable := b.store.file
	b.store.file = readOnly // writes fail, and so does undoing them
	require.Error(t, b.mark(0, StateDone))
	b.store.file = writable
	require.Error(t, b.mark(0, StateDone), "what could not be undone ends all writing")
	require.Equal(t, 2, b.Report().Open.Chunks)
	left, err := os.ReadFile(b.store.path)
	require.NoError(t, err)
	require.Equal(t, before, left)
	require.NoError(t, errors.Join(readOnly.Close(), b.Close()))
}

func TestAPlannedStoreIsForItsOwner(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	b := planned(t, client, numbers(7))
	defer b.Close()
	info, err := os.Stat(b.store.path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it holds numbers")
}

func TestAStoreOfAnotherFormatIsRefused(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	b := planned(t, client, numbers(7))
	b.manifest.Version++
	require.NoError(t, b.store.writeManifest(&b.manifest))
	require.NoError(t, b.Close())
	_, err := Resume(t.Context(), client, b.store.path, Options{})
	require.ErrorContains(t, err, "the store is of format 3, this version reads 2")
}

func TestAChangedManifestIsTheLastOne(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	b := planned(t, client, numbers(7))
	b.manifest.Account = "other"
	require.NoError(t, b.mark(0, StateDone))
	require.NoError(t, b.store.writeManifest(&b.manifest))
	require.NoError(t, b.Close())
	again, err := Open(b.store.path)
	require.NoError(t, err)
	defer again.Close()
	require.Equal(t, "other", again.Manifest().Account)
	require.Equal(t, 1, again.Report().Done.Chunks)
}
