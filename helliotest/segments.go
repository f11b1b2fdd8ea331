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
	parts, err := sms.Encode([]byte(text))
	if err != nil {
		return 1 // no text gets here that the library can't encode
	}
	return len(parts)
}
