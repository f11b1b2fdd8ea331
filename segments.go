package hellio

import (
	"unicode/utf8"

	"github.com/hellio-go/hellio/internal/gsm7"
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
	segments, missing, ucs2 := gsm7.Count(text)
	s := Segments{
		Encoding:   GSM7,
		Characters: utf8.RuneCountInString(text),
		Segments:   segments,
		Forced:     missing,
	}
	if ucs2 {
		s.Encoding = UCS2
	}
	return s
}
