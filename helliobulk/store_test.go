package helliobulk

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func TestThereIsNothingToResumeWhereNoBatchIs(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	_, err := Resume(t.Context(), client, storePath(t), Options{})
	require.ErrorIs(t, err, ErrNoBatch)
	_, err = Status(storePath(t))
	require.ErrorIs(t, err, ErrNoBatch)
}

func TestAStoreThatIsHeldIsRefusedWithAClearSentence(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b := planned(t, client, numbers(7))
	defer b.Close()
	p := batchOf(t)
	p.Store = b.store.path
	_, err := Run(t.Context(), client, Numbers(numbers(7)...), p)
	require.ErrorIs(t, err, ErrLocked)
	require.ErrorContains(t, err, "wait until it ends, or stop it")
	_, err = Status(b.store.path)
	require.ErrorIs(t, err, ErrLocked)
	require.Empty(t, fake.Messages())
}

func TestTwoPlansOfOneStoreExcludeEachOther(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	p := batchOf(t)
	other, err := createStore(p.Store + planSuffix)
	require.NoError(t, err)
	defer other.close()
	before, err := os.ReadFile(other.path)
	require.NoError(t, err)
	_, err = Plan(t.Context(), client, Numbers(numbers(7)...), p)
	require.ErrorIs(t, err, ErrLocked)
	after, err := os.ReadFile(other.path)
	require.NoError(t, err)
	require.Equal(t, before, after, "the lock comes before anything else")
}

func TestAPlanDoesNotReplaceABatchThatWasPlannedMeanwhile(t *testing.T) {
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

// tornBase is the bytes of a store with a journal, large enough to have branch pages.
func tornBase(t *testing.T) (content []byte, fake *helliotest.Fake, client *hellio.Client) {
	t.Helper()
	fake, client = newFake(t)
	fake.Fault(helliotest.SMSSend, helliotest.Nth(60), helliotest.Status(402, ""))
	p := batchOf(t)
	p.ChunkSize, p.Workers = 4, 1
	_, err := Run(t.Context(), client, Numbers(append(numbers(400), "junk")...), p)
	require.ErrorIs(t, err, ErrUnfinished)
	content, err = os.ReadFile(p.Store)
	require.NoError(t, err)
	return content, fake, client
}

func TestAStoreThatIsCutIsRefused(t *testing.T) {
	t.Parallel()
	content, fake, client := tornBase(t)
	sent := len(fake.Messages())
	path := storePath(t)
	for _, length := range []int{0, 1, 79, 80, 4095, 4096, 8191, 8192, 12288, 16384} {
		require.NoError(t, os.WriteFile(path, content[:length], 0o600))
		_, err := Resume(t.Context(), client, path, Options{})
		require.ErrorIs(t, err, ErrTorn, "%d of %d bytes", length, len(content))
		require.ErrorContains(t, err, "Restore")
	}
	require.Len(t, fake.Messages(), sent)
}

func TestGarbageIsRefusedAsAStore(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	path := storePath(t)
	rng := rand.New(rand.NewPCG(1, 1))
	for _, length := range []int{1, 4096, 65536} {
		garbage := make([]byte, length)
		for i := range garbage {
			garbage[i] = byte(rng.Uint32())
		}
		require.NoError(t, os.WriteFile(path, garbage, 0o600))
		_, err := Resume(t.Context(), client, path, Options{})
		require.ErrorIs(t, err, ErrTorn)
	}
	_, err := Resume(t.Context(), client, filepath.Dir(path), Options{})
	require.Error(t, err, "a directory")
}

// TestAFlippedBitIsFoundOrHarmless flips bits all over a store. Either the store is refused, or its batch ends as if nothing had happened.
func TestAFlippedBitIsFoundOrHarmless(t *testing.T) {
	t.Parallel()
	content, fake, _ := tornBase(t)
	want := perNumber(fake)
	path := storePath(t)
	rng := rand.New(rand.NewPCG(2, 2))
	flips, found := 500, 0
	if testing.Short() {
		flips = 100
	}
	for range flips {
		bit := rng.IntN(len(content) * 8)
		damaged := append([]byte{}, content...)
		damaged[bit/8] ^= 1 << (bit % 8)
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		if err := readAll(path); err != nil {
			require.ErrorIs(t, err, ErrTorn, "bit %d", bit)
			found++
		}
	}
	require.Positive(t, found)
	require.Less(t, found, flips, "some bits lie in no record")
	require.Equal(t, want, perNumber(fake))
	t.Logf("%d bits flipped, %d found, the rest in space that nothing uses", flips, found)
}

// A free page that is in use would be written over by the next commit.
func TestAListOfFreePagesThatNamesAPageInUseIsRefused(t *testing.T) {
	t.Parallel()
	content, _, _ := tornBase(t)
	meta, size, err := latestMeta(bytes.NewReader(content))
	require.NoError(t, err)
	free := binary.NativeEndian.Uint64(meta[32:]) * size
	require.NotZero(t, binary.NativeEndian.Uint16(content[free+10:]), "the list has entries")
	for name, page := range map[string]uint64{"root": binary.NativeEndian.Uint64(meta[16:]), "head": 1, "beyond": 1 << 40} {
		binary.NativeEndian.PutUint64(content[free+pageHeader:], page)
		require.ErrorIs(t, checkPages(bytes.NewReader(content), int64(len(content))), ErrTorn, name)
	}
}

// A page that points to itself would be walked for ever.
func TestAPageThatPointsToItselfIsRefused(t *testing.T) {
	t.Parallel()
	content, _, _ := tornBase(t)
	branches := 0
	for at := 2 * 4096; at+4096 <= len(content); at += 4096 {
		id, flags := binary.NativeEndian.Uint64(content[at:]), binary.NativeEndian.Uint16(content[at+8:])
		if flags != branchPage || id != uint64(at/4096) {
			continue
		}
		damaged := bytes.Clone(content)
		binary.NativeEndian.PutUint64(damaged[at+pageHeader+8:], id)
		if err := checkPages(bytes.NewReader(damaged), int64(len(damaged))); err != nil { // free pages hold old branches
			require.ErrorIs(t, err, ErrTorn)
			branches++
		}
	}
	require.Positive(t, branches)
}

// readAll reads every record of a store.
func readAll(path string) error {
	b, err := Open(path)
	if err != nil {
		return err
	}
	defer b.Close()
	recipients := 0
	for index := range b.Manifest().Chunks {
		c, err := b.Chunk(index)
		if err != nil {
			return err
		}
		recipients += len(c.Recipients)
	}
	for _, err := range b.Chunks() {
		if err != nil {
			return err
		}
	}
	for _, err := range b.Invalid() {
		if err != nil {
			return err
		}
	}
	if recipients != 400 || b.Report().Done.Chunks != 59 {
		panic("damage changed the batch and was not found")
	}
	return b.commit(nil) // a write goes through the list of free pages
}

func TestARecordInAnothersPlaceIsTorn(t *testing.T) {
	t.Parallel()
	sealed := seal(bucketChunks, indexKey(1), []byte("payload"))
	payload, err := unseal(bucketChunks, indexKey(1), sealed)
	require.NoError(t, err)
	require.Equal(t, "payload", string(payload))
	for name, read := range map[string]func() ([]byte, error){
		"another key":    func() ([]byte, error) { return unseal(bucketChunks, indexKey(2), sealed) },
		"another bucket": func() ([]byte, error) { return unseal(bucketJournal, indexKey(1), sealed) },
		"cut":            func() ([]byte, error) { return unseal(bucketChunks, indexKey(1), sealed[:3]) },
		"nothing":        func() ([]byte, error) { return unseal(bucketChunks, indexKey(1), nil) },
	} {
		_, err := read()
		require.ErrorIs(t, err, ErrTorn, name)
	}
}

func TestAChunkThatDoesNotEndWhereItShouldIsTorn(t *testing.T) {
	t.Parallel()
	whole := encodeChunk("Hi", []destination{1, 300})
	many := encodeChunk("", make([]destination, maxChunkSize+1))
	for name, payload := range map[string][]byte{
		"nothing": nil, "text cut": whole[:2], "text as long as all": {1}, "number cut": whole[:len(whole)-1], "more behind": append(bytes.Clone(whole), 1),
		"nobody in it": encodeChunk("Hi", nil), "too many": many,
	} {
		err := decodeChunk(payload, func(string, int) {}, func(destination) {})
		require.ErrorIs(t, err, ErrTorn, name)
	}
	require.NoError(t, decodeChunk(whole, func(string, int) {}, func(destination) {}))
}

func TestAPlannedStoreIsForItsOwnerAndWritesToDisk(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	p := batchOf(t)
	b, err := openOrPlan(t.Context(), client, Numbers(numbers(7)...), p)
	require.NoError(t, err)
	defer b.Close()
	require.False(t, b.store.db.NoSync, "an intent is on disk before its call")
	info, err := os.Stat(p.Store)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it holds numbers")
	require.Equal(t, p.Store, b.store.path)
}

func TestAStoreOfAnotherFormatIsRefused(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	b := planned(t, client, numbers(7))
	b.manifest.Version++
	require.NoError(t, b.store.update(func(tx *bbolt.Tx) error { return putManifest(tx, &b.manifest) }))
	require.NoError(t, b.Close())
	_, err := Resume(t.Context(), client, b.store.path, Options{})
	require.ErrorContains(t, err, "the store is of format 2, this version knows 1")
}
