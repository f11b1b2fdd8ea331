// Package gsm7 counts the segments of a text message by the general rule of SMS
// (3GPP TS 23.038 and 23.040). Client and fake share it because the rule is not
// the API's own; test/conformance compares it with a library.
package gsm7

import (
	"sync"
	"unicode/utf16"
)

// The characters of the default alphabet. Those of the extension table take an
// escape and so count twice. A lone escape counts once.
const (
	Basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	Extension = "\f^{}\\[~]|€"
)

// septets has the septets of each character that the alphabet has. The
// characters outside Latin-1 are few, so they are in a map.
type septets struct {
	latin [0x100]uint8
	other map[rune]uint8
}

// alphabet is made on first use, so that a program which sends no text starts
// as fast.
var alphabet = sync.OnceValue(func() *septets {
	s := &septets{other: map[rune]uint8{}}
	for n, table := range []string{1: Basic, 2: Extension} {
		for _, r := range table {
			if int(r) < len(s.latin) {
				s.latin[r] = uint8(n)
			} else {
				s.other[r] = uint8(n)
			}
		}
	}
	return s
})

// of returns the septets of a character, 0 if the alphabet lacks it.
func (s *septets) of(r rune) int {
	if r < rune(len(s.latin)) {
		return int(s.latin[r])
	}
	return int(s.other[r])
}

// Segments returns the number of segments of a text, 0 for an empty one.
func Segments(text string) int {
	segments, _, _ := Count(text)
	return segments
}

// Count is Segments that also returns the first character that GSM-7 lacks, and
// reports whether there is one. Such a text is sent in UCS-2. No segment splits
// an escaped character or a surrogate pair. A byte that is not UTF-8 counts as
// U+FFFD.
func Count(text string) (segments int, missing rune, ucs2 bool) {
	characters := alphabet()
	for _, r := range text {
		if characters.of(r) == 0 {
			return split(text, utf16.RuneLen, 70, 67), r, true
		}
	}
	return split(text, characters.of, 160, 153), 0, false
}

// split counts segments of part units each, or one of up to single units.
func split(text string, units func(rune) int, single, part int) int {
	var total, segments, room int
	for _, r := range text {
		n := units(r)
		total += n
		if n > room {
			segments, room = segments+1, part
		}
		room -= n
	}
	if total <= single {
		return min(1, total)
	}
	return segments
}
