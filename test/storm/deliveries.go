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

const (
	hookSecret = "whsec_storm_storm_storm_storm"
	hookBody   = `{"event":"message.delivered","mobile_number":"+233209990001",` +
		`"provider_message_id":"prv-77","status":"delivered",` +
		`"timestamp":"2026-03-04T05:06:07+00:00"}`
)

// checkDeliveries checks that a captured webhook delivery cannot be replayed.
// The signature over the body alone is valid forever, so the client must not
// accept it in place of the stronger one.
func (c *checker) checkDeliveries() {
	without := func(names ...string) http.Header {
		h := signedDelivery(time.Now())
		for _, name := range names {
			h.Del(name)
		}
		return h
	}
	wrong := signedDelivery(time.Now())
	wrong.Set("X-Hellio-Signature-V2", signature("another secret of some length", hookBody))
	for _, d := range []struct {
		name     string
		header   http.Header
		body     string
		accepted bool
	}{
		{
			name:     "an unchanged delivery",
			header:   signedDelivery(time.Now()),
			body:     hookBody,
			accepted: true,
		},
		{
			name:   "a delivery without the stronger signature",
			header: without("X-Hellio-Signature-V2"),
			body:   hookBody,
		},
		{
			name:   "a delivery without the stronger signature and the timestamp",
			header: without("X-Hellio-Signature-V2", "X-Hellio-Timestamp"),
			body:   hookBody,
		},
		{
			name:   "a delivery with a wrong stronger signature",
			header: wrong,
			body:   hookBody,
		},
		{
			name:   "a delivery of yesterday",
			header: signedDelivery(time.Now().Add(-24 * time.Hour)),
			body:   hookBody,
		},
		{
			name:   "a delivery of tomorrow",
			header: signedDelivery(time.Now().Add(24 * time.Hour)),
			body:   hookBody,
		},
		{
			name:   "a delivery with another body",
			header: signedDelivery(time.Now()),
			body:   hookBody + " ",
		},
	} {
		_, err := hellio.ParseWebhook(d.header, []byte(d.body), hookSecret)
		if accepted := err == nil; accepted != d.accepted {
			c.fail("webhook", -1, "%s: accepted is %t, want %t", d.name, accepted, d.accepted)
		}
	}
}

// signedDelivery returns the headers of a delivery signed at a time.
func signedDelivery(at time.Time) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	return http.Header{
		"X-Hellio-Timestamp":    {stamp},
		"X-Hellio-Signature":    {signature(hookSecret, hookBody)},
		"X-Hellio-Signature-V2": {signature(hookSecret, stamp+"."+hookBody)},
	}
}

func signature(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}
