package gsm7

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestTheAlphabetHas138Characters(t *testing.T) {
	t.Parallel()
	require.Equal(t, 128, utf8.RuneCountInString(Basic))
	require.Equal(t, 10, utf8.RuneCountInString(Extension))
	found := 0
	for r := range rune(utf8.MaxRune + 1) {
		switch {
		case strings.ContainsRune(Basic, r):
			require.Equal(t, 1, alphabet().of(r), "%q", r)
		case strings.ContainsRune(Extension, r):
			require.Equal(t, 2, alphabet().of(r), "%q", r)
		default:
			if alphabet().of(r) != 0 {
				require.Failf(t, "not in the alphabet", "%q", r)
			}
			continue
		}
		found++
	}
	require.Equal(t, 138, found)
}

func TestTheFirstMissingCharacterIsFound(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]rune{
		"it’s ж": '’',
		"a\x00":  0,
		"\xff":   utf8.RuneError,
	} {
		_, r, ok := Count(text)
		require.True(t, ok, "%q", text)
		require.Equal(t, want, r, "%q", text)
	}
	_, _, ok := Count(Basic + Extension)
	require.False(t, ok)
}

// At each length around a limit, one character of two units stands in each
// position.
func TestNoCharacterIsSplit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, one, two string
		single, part   int
	}{
		{name: "GSM-7", one: "a", two: "€", single: 160, part: 153},
		{name: "UCS-2", one: "ж", two: "😀", single: 70, part: 67},
	} {
		for length := range 3 * c.part {
			plain := strings.Repeat(c.one, length)
			require.Equal(t, count(length, -1, c.single, c.part), Segments(plain), "%s: %d", c.name, length)
			for at := range length + 1 {
				want := count(length+2, at, c.single, c.part)
				require.Equal(t, want, Segments(plain[:at*len(c.one)]+c.two+plain[at*len(c.one):]),
					"%s: %d of %d", c.name, at, length)
			}
		}
	}
}

// count returns the segments of so many units, of which a character of two
// begins at the unit named by pair; none if it is negative.
func count(units, pair, single, part int) int {
	if units <= single {
		return min(1, units)
	}
	if pair >= 0 && pair%part == part-1 {
		units++ // the unit before the pair stays empty
	}
	return (units + part - 1) / part
}
