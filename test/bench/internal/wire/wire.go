// Package wire answers the calls that are measured: from memory, or over a real connection on 127.0.0.1.
package wire

import (
	"net/http"
	"strconv"
)

// Reply is what the API answers, every time.
type Reply struct {
	Status int
	Body   string
}

// header is the reply's header. The limits in it are far above what a run can use up, so that no client paces itself.
func (r Reply) header() http.Header {
	return http.Header{
		"Content-Type":          {"application/json"},
		"Content-Length":        {strconv.Itoa(len(r.Body))},
		"Date":                  {"Wed, 04 Mar 2026 05:06:07 GMT"},
		"X-Ratelimit-Limit":     {"1000000000"},
		"X-Ratelimit-Remaining": {"999999999"},
	}
}
