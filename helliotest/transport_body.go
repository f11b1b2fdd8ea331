package helliotest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

// readBody reads the body, up to what the engine will refuse, and closes it. A
// body that is longer or shorter than its length is an error, as in net/http.
func readBody(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		if req.Body == nil && req.ContentLength > 0 {
			return nil,
				fmt.Errorf("http: Request.ContentLength=%d with nil Body", req.ContentLength)
		}
		return nil, nil
	}
	defer closeBody(req)
	length := req.ContentLength
	if length == 0 {
		length = -1 // to net/http, 0 with a body means that the length is unknown
	}
	body, err := readLimited(req.Body, length)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return body, lengthError(length, int64(len(body)))
	}
	if err != nil || length != int64(len(body)) {
		return body, err // of unknown length, or longer than the engine reads
	}
	extra, err := io.Copy(io.Discard, req.Body)
	if err == nil && extra > 0 {
		err = lengthError(length, length+extra)
	}
	return body, err
}

func lengthError(length, found int64) error {
	return fmt.Errorf("http: ContentLength=%d with Body length %d", length, found)
}

// readLimited reads a body of this length, -1 if it is unknown, and at most one
// byte more than the engine takes.
func readLimited(r io.Reader, length int64) ([]byte, error) {
	if length < 0 {
		return io.ReadAll(io.LimitReader(r, maxBody+1))
	}
	body := make([]byte, min(length, maxBody+1))
	n, err := io.ReadFull(r, body)
	return body[:n], err
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close() // nothing hangs on it
	}
}
