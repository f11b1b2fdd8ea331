package helliotest

import (
	"github.com/warthog618/sms"
	"github.com/warthog618/sms/encoding/gsm7/charset"
)

// The library makes its tables on first use, without a lock: make them before
// any goroutine can ask.
var _, _ = charset.DefaultEncoder(), charset.DefaultExtEncoder()

// segmentsOf counts the SMS segments of a text: GSM-7 by 160 or 153 characters,
// those of its extension table counting twice; UCS-2 by 70 or 67. Neither an
// escaped character nor a surrogate pair is split. (The general rule of SMS;
// that the API follows it is decided.)
func segmentsOf(text string) int {
	if len(text) <= maxPlainSegment && isPlainGSM(text) {
		return 1
	}
	parts, err := sms.Encode([]byte(text))
	if err != nil {
		return 1 // no text gets here that the library can't encode
	}
	return len(parts)
}

// maxPlainSegment is how many characters of GSM-7 fit into one segment.
const maxPlainSegment = 160

// isPlainGSM reports whether a text has only ASCII characters of the basic
// table of GSM-7. The library needs several allocations to find that out.
func isPlainGSM(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\n', c == '\r':
		case c < ' ', c > 'z', c == '`', c >= '[' && c <= '^':
			return false
		}
	}
	return true
}
