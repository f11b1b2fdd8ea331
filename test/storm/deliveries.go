package storm

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"github.com/hellio-go/hellio"
)

// deliveries checks the way back: a delivery that somebody has captured is of no use to him. Its signature over the body alone would be
// good for ever, so it must not be taken in the place of the stronger one.
func (c *checker) deliveries() {
	const secret = "whsec_storm_storm_storm_storm"
	body := `{"event":"message.delivered","mobile_number":"+233209990001","provider_message_id":"prv-77","status":"delivered","timestamp":"2026-03-04T05:06:07+00:00"}`
	signed := func(at time.Time) http.Header {
		stamp := strconv.FormatInt(at.Unix(), 10)
		return http.Header{
			"X-Hellio-Timestamp": {stamp}, "X-Hellio-Signature": {sign(secret, body)}, "X-Hellio-Signature-V2": {sign(secret, stamp+"."+body)},
		}
	}
	without := func(names ...string) http.Header {
		h := signed(time.Now())
		for _, name := range names {
			h.Del(name)
		}
		return h
	}
	wrong := signed(time.Now())
	wrong.Set("X-Hellio-Signature-V2", sign("another secret of some length", body))
	for _, d := range []struct {
		name   string
		header http.Header
		body   string
		taken  bool
	}{
		{"a delivery as it comes", signed(time.Now()), body, true},
		{"one whose stronger signature was taken away", without("X-Hellio-Signature-V2"), body, false},
		{"one whose stronger signature and timestamp were taken away", without("X-Hellio-Signature-V2", "X-Hellio-Timestamp"), body, false},
		{"one whose stronger signature is wrong", wrong, body, false},
		{"one of yesterday", signed(time.Now().Add(-24 * time.Hour)), body, false},
		{"one of tomorrow", signed(time.Now().Add(24 * time.Hour)), body, false},
		{"one with another body", signed(time.Now()), body + " ", false},
	} {
		if _, err := hellio.ParseWebhook(d.header, []byte(d.body), secret); (err == nil) != d.taken {
			c.fail("webhook", -1, "%s: taken is %t", d.name, err == nil)
		}
	}
}

func sign(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}
