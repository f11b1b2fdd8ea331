package hellio

import (
	"sync"
	"unicode/utf8"

	gsm "github.com/warthog618/sms"
	"github.com/warthog618/sms/encoding/gsm7/charset"
)

// Encoding is the character encoding of a text message.
type Encoding string

// The two encodings of a text message.
const (
	// GSM7 has 160 characters in a single segment and 153 in each of several.
	// The characters ^{}\[~]|€ count twice.
	GSM7 Encoding = "GSM-7"

	// UCS2 has 70 characters in a single segment and 67 in each of several. It
	// is used for a text with a character that GSM-7 lacks.
	UCS2 Encoding = "UCS-2"
)

// Segments is the number of segments of a text. Messages are billed per
// segment.
type Segments struct {
	Encoding   Encoding
	Characters int  // Unicode code points, as in the API's limit of 1600
	Segments   int  // per recipient; 0 for an empty text
	Forced     rune // the first character that GSM-7 lacks; 0: none
}

// CountSegments counts the segments of a text by the general rules of SMS (that
// the API follows them is decided). No segment splits an escaped character or a
// surrogate pair. Bytes that are not UTF-8 count as U+FFFD.
func CountSegments(text string) Segments {
	s := Segments{Encoding: GSM7, Characters: utf8.RuneCountInString(text)}
	if text == "" {
		return s
	}
	tables := gsm7Tables()
	for _, r := range text {
		if !tables.has(r) {
			s.Encoding, s.Forced = UCS2, r
			break
		}
	}
	parts, err := gsm.Encode([]byte(string([]rune(text))))
	if err != nil { // cannot happen with these options; one segment is the minimum
		parts = parts[:0]
	}
	s.Segments = max(1, len(parts))
	return s
}

type gsm7Table struct{ basic, extension charset.Encoder }

// gsm7Tables makes the library's tables once. The library itself makes them on
// first use, without a lock.
var gsm7Tables = sync.OnceValue(func() gsm7Table {
	return gsm7Table{basic: charset.DefaultEncoder(), extension: charset.DefaultExtEncoder()}
})

func (t gsm7Table) has(r rune) bool {
	_, basic := t.basic[r]
	_, extension := t.extension[r]
	return basic || extension
}
