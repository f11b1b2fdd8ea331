// Package wire answers the measured calls, from memory or over a real
// connection on 127.0.0.1.
package wire

import (
	"net/http"
	"strconv"
)

// Reply is the answer to every request.
type Reply struct {
	Status int
	Body   string
}

// header returns the reply's header. No run reaches its rate limits, so no
// client delays a call.
func (r Reply) header() http.Header {
	return http.Header{
		"Content-Type":          {"application/json"},
		"Content-Length":        {strconv.Itoa(len(r.Body))},
		"Date":                  {"Wed, 04 Mar 2026 05:06:07 GMT"},
		"X-Ratelimit-Limit":     {"1000000000"},
		"X-Ratelimit-Remaining": {"999999999"},
	}
}
