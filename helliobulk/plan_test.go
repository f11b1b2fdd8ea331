package helliobulk

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

func TestNumbersAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ written, region, want, country, reason string }{
		{"0241234567", "GH", "+233241234567", "GH", ""},
		{"024 123 4567", "GH", "+233241234567", "GH", ""},
		{" +233 (0)24-123-4567", "GH", "+233241234567", "GH", ""},
		{"233241234567", "GH", "+233241234567", "GH", ""},
		{"00233241234567", "GH", "+233241234567", "GH", ""},
		{"+4915112345678", "GH", "+4915112345678", "DE", ""},
		{"233241234567", "", "+233241234567", "GH", ""},
		{"+233241234567", "", "+233241234567", "GH", ""},
		{"+225 01 23 45 67 89", "", "+2250123456789", "CI", ""}, // the zero belongs to it
		{"+1 202 555 0123", "", "+12025550123", "US", ""},
		{"+1 416 555 0123", "", "+14165550123", "CA", ""},
		{"0241234567", "", "", "", reasonCode},
		{"024123456", "GH", "", "", reasonUnused},
		{"02412345678901", "GH", "", "", reasonUnused},
		{"0211234567", "GH", "", "", reasonUnused}, // no network has 021
		{"", "GH", "", "", reasonNumber},
		{"+", "GH", "", "", reasonNumber},
		{"0800FLOWERS", "GH", "", "", reasonNumber},
		{"024123ABCD", "GH", "", "", reasonNumber},
		{"+233241234567;ext=5", "GH", "", "", reasonNumber},
		{"024 123 4567 #5", "GH", "", "", reasonNumber}, // an extension would be dropped
		{"0302123456", "GH", "", "", reasonLandline},
		{"0800123456", "GH", "", "", reasonLandline},   // toll-free
		{"+800 1234 5678", "", "", "", reasonLandline}, // of no country
		{"+999123456789", "", "", "", reasonNumber},
		{strings.Repeat("0", 100), "GH", "", "", reasonNumber},
	} {
		t.Run(c.written+c.region, func(t *testing.T) {
			t.Parallel()
			d, country, reason := normalise(c.written, c.region, false)
			require.Equal(t, c.reason, reason)
			if reason == "" {
				require.Equal(t, c.want, d.String())
				require.Equal(t, c.country, country)
			}
		})
	}
}

func TestLandlinesAreSentToOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	p := batchOf(t)
	list := Numbers("0302123456", "0800123456", "+80012345678", number(1))
	m, err := Plan(t.Context(), client, list, p)
	require.NoError(t, err)
	require.Equal(t, 3, m.Invalid)
	p.Landlines = true
	_, err = Plan(t.Context(), client, list, p)
	require.ErrorIs(t, err, ErrBatchChanged)
	p.Store = storePath(t)
	m, err = Plan(t.Context(), client, list, p)
	require.NoError(t, err)
	require.Equal(t, 4, m.Recipients)
	require.Equal(t, map[string]Volume{"GH": {3, 3}, "": {1, 1}}, m.Volumes)
}

func TestPlaceholdersAreFilledFromFields(t *testing.T) {
	t.Parallel()
	fields := map[string]string{"name": "Ama", "due-date": "1 May", "empty": "",
		"long": strings.Repeat("x", 1600), "bad": "\xff", "wide": strings.Repeat("✓", 1600)}
	for _, c := range []struct{ message, want, reason string }{
		{"Hi", "Hi", ""},
		{"{{name}}", "Ama", ""},
		{"Dear {{ name }}, pay by {{due-date}}, {{name}}.", "Dear Ama, pay by 1 May, Ama.", ""},
		{"{name} } {", "{name} } {", ""},
		{"Dear {{nobody}}", "", reasonField},
		{"Dear {{empty}}", "", reasonField},
		{"Dear {{long}}", "", reasonText},
		{"{{wide}}", strings.Repeat("✓", 1600), ""}, // characters, not bytes
		{"Dear {{bad}}", "", reasonText},
	} {
		tmpl, err := parseTemplate(c.message)
		require.NoError(t, err, c.message)
		text, reason := tmpl.render(fields)
		require.Equal(t, c.want, text)
		require.Equal(t, c.reason, reason)
	}
	for _, message := range []string{"{{", "}}", "{{name", "name}}", "{{}}", "{{two words}}",
		"{{a}} }}", "{{a{{b}}"} {
		_, err := parseTemplate(message)
		var param *hellio.ParamError
		require.ErrorAs(t, err, &param, message)
		require.Equal(t, "message", param.Field)
	}
}

// people is a list with fields.
func people(rows ...[2]string) iter.Seq2[Recipient, error] {
	return func(yield func(Recipient, error) bool) {
		for _, r := range rows {
			if !yield(Recipient{Number: r[0], Fields: map[string]string{"child": r[1]}}, nil) {
				return
			}
		}
	}
}

func TestPersonalTextsReachTheirRecipients(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	p := batchOf(t)
	p.Message = "Fees of {{child}} are due."
	r, err := Run(t.Context(), client, people(
		[2]string{number(1), "Ama"}, [2]string{number(2), "Kofi"}, [2]string{number(3),
			"Ama"}, [2]string{number(1), "Kofi"},
		[2]string{number(1), "Ama"}, [2]string{number(4), ""}, [2]string{number(5),
			strings.Repeat("x", 1600)}), p)
	require.NoError(t, err)
	require.Equal(t, 2, r.Chunks, "one call a text")
	require.Equal(t, 4, r.Accepted, "two children of one parent are two messages")
	require.Equal(t, 1, r.Duplicates)
	require.Equal(t, 2, r.Invalid)
	got := []string{}
	for _, m := range fake.Messages() {
		got = append(got, m.MobileNumber+" "+m.Message)
	}
	slices.Sort(got)
	require.Equal(t, []string{
		number(1) + " Fees of Ama are due.",
		number(1) + " Fees of Kofi are due.",
		number(2) + " Fees of Kofi are due.",
		number(3) + " Fees of Ama are due.",
	}, got)
	require.Equal(t, "0.0000", walletDifference(t, fake, "100.0000", r))
}

func TestManyTextsNeedLittleMemory(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	p := batchOf(t)
	p.Message = "Code {{child}}"
	count := 3*maxGroups + 7
	list := func(yield func(Recipient, error) bool) {
		for i := range 2 * count { // each text twice, far apart; to two numbers
			if !yield(Recipient{Number: number(i),
				Fields: map[string]string{"child": fmt.Sprint(i % count)}}, nil) {
				return
			}
		}
	}
	m, err := Plan(t.Context(), client, list, p)
	require.NoError(t, err)
	require.True(t, m.Personal)
	require.Equal(t, 2*count, m.Recipients)
	require.Equal(t, 2*count, m.Chunks, "texts too far apart go in calls of their own")
	b, err := Open(p.Store)
	require.NoError(t, err)
	defer b.Close()
	e, err := b.Estimate(t.Context(), client)
	require.NoError(t, err)
	require.Equal(t, 2*count, e.Calls)
	require.Positive(t, e.Shortest)
}

func TestPersonalDuplicatesAreDroppedEverywhere(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	p := batchOf(t)
	p.Message = "Code {{child}}"
	const count = 2010
	list := func(yield func(Recipient, error) bool) {
		for i := range 2 * count {
			if !yield(Recipient{Number: number(i % count),
				Fields: map[string]string{"child": fmt.Sprint(i % 3)}}, nil) {
				return
			}
		}
	}
	m, err := Plan(t.Context(), client, list, p)
	require.NoError(t, err)
	pairs := map[[2]int]bool{}
	for i := range 2 * count {
		pairs[[2]int{i % count, i % 3}] = true
	}
	require.Equal(t, len(pairs), m.Recipients)
	require.Equal(t, 2*count-len(pairs), m.Duplicates)
}

func TestASimilarMessageIsNoDuplicate(t *testing.T) {
	t.Parallel()
	one := newDedupe(false)
	texts := newDedupe(true)
	for i := range 3000 { // numbers alike in their last 32 bits, and one number's texts
		require.True(t, one.isNew(destination(233240000000)+destination(i)<<32, ""))
		require.True(t, texts.isNew(233240000000, fmt.Sprint(i)))
	}
	require.False(t, one.isNew(233240000000, ""))
	require.False(t, texts.isNew(233240000000, "0"))
}

func TestAGroupIsCutIfTooManyWait(t *testing.T) {
	t.Parallel()
	emitted, waiting := 0, 0
	g := newGrouper(100, func(_ string, list []addressee) error {
		require.Len(t, list, 100, "chunks of one text are full")
		emitted++
		return nil
	})
	for i := range 2 * maxPending / 100 * 100 {
		_, err := g.add("Fees", addressee{to: destination(i)})
		require.NoError(t, err)
	}
	require.Equal(t, 2*maxPending/100, emitted)
	g = newGrouper(maxChunkSize, func(_ string, list []addressee) error {
		waiting -= len(list)
		return nil
	})
	for i := range 2 * maxPending {
		waiting++
		_, err := g.add(fmt.Sprint(i%maxGroups), addressee{to: destination(i)})
		require.NoError(t, err)
		require.LessOrEqual(t, waiting, maxPending)
	}
}

func TestAPlanHoldsEachNumberOnce(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	b := planned(t, client, append(numbers(1203), numbers(1203)...))
	defer b.Close()
	m := b.Manifest()
	require.Equal(t, []int{2406, 0, 1203, 1203, 241},
		[]int{m.Given, m.Invalid, m.Duplicates, m.Recipients, m.Chunks})
	require.Equal(t, map[string]Volume{"GH": {1203, 1203}}, m.Volumes)
	require.Equal(t, 5, m.ChunkSize)
	var all []string
	for index := range m.Chunks {
		c, err := b.Chunk(index)
		require.NoError(t, err)
		require.LessOrEqual(t, len(c.Recipients), 5)
		require.Equal(t, ChunkKey("fees", index), c.Key)
		all = append(all, c.Recipients...)
	}
	require.Equal(t, numbers(1203), all)
	for _, index := range []int{-1, m.Chunks} {
		var param *hellio.ParamError
		_, err := b.Chunk(index)
		require.ErrorAs(t, err, &param)
	}
}

func TestEachInvalidEntryIsListedWithItsReason(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	list := []string{number(0), "junk"}
	for range 1500 {
		list = append(list, "024")
	}
	b := planned(t, client, list)
	defer b.Close()
	var got []InvalidRecipient
	for r, err := range b.Invalid() {
		require.NoError(t, err)
		got = append(got, r)
	}
	require.Len(t, got, 1501)
	require.Equal(t, InvalidRecipient{Line: 2, Reason: reasonNumber, Number: "junk"}, got[0])
	require.Equal(t, InvalidRecipient{Line: 3, Reason: reasonUnused, Number: "024"}, got[1])
	require.Equal(t, 1502, got[1500].Line)
}

func TestABatchWithoutAnIDGetsOne(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	ids := map[string]bool{}
	for range 2 {
		p := batchOf(t)
		p.BatchID = ""
		m, err := Plan(t.Context(), client, Numbers(number(1)), p)
		require.NoError(t, err)
		require.NotEmpty(t, m.BatchID)
		ids[m.BatchID] = true
		again, err := Plan(t.Context(), client, Numbers(number(1)), p)
		require.NoError(t, err)
		require.Equal(t, m.BatchID, again.BatchID)
	}
	require.Len(t, ids, 2)
}

func TestKeysFollowFromBatchAndIndexAlone(t *testing.T) {
	t.Parallel()
	require.Equal(t, ChunkKey("fees", 0), ChunkKey("fees", 0))
	seen := map[string]bool{}
	for _, key := range []string{ChunkKey("fees", 0), ChunkKey("fees", 1), ChunkKey("fee", 0),
		ChunkKey("fees\x001", 0)} {
		require.False(t, seen[key])
		seen[key] = true
	}
	require.Equal(t, "38e1c695-b764-5a3a-b493-c1718d2d63fd", ChunkKey("fees-2026-05", 7),
		"a key that changes with a release is a second send")
}

func TestPlaceholdersAreNamedOnceEach(t *testing.T) {
	t.Parallel()
	names, err := Placeholders("Dear {{name}}, {{ sum }} are due. Thank you, {{name}}.")
	require.NoError(t, err)
	require.Equal(t, []string{"name", "sum"}, names)
	_, err = Placeholders("Dear {{")
	require.Error(t, err)
}
