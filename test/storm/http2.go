package storm

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// http2Conn serves HTTP/2 frame by frame, because net/http's server hides the
// frames.
type http2Conn struct {
	server  *Server
	c       net.Conn
	below   net.Conn
	framer  *http2.Framer
	mu      sync.Mutex // guards writes
	encoded bytes.Buffer
	encoder *hpack.Encoder
	mute    bool
	uploads map[uint32]*upload
}

// upload is a request whose body is incomplete.
type upload struct {
	arrival *arrival
	body    bytes.Buffer
}

func (s *Server) serveHTTP2(c, below net.Conn) {
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(c, preface); err != nil || string(preface) != http2.ClientPreface {
		return
	}
	h := &http2Conn{
		server:  s,
		c:       c,
		below:   below,
		framer:  http2.NewFramer(c, c),
		uploads: map[uint32]*upload{},
	}
	h.encoder = hpack.NewEncoder(&h.encoded)
	h.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	h.write(func(f *http2.Framer) error { return f.WriteSettings() })
	for {
		frame, err := h.framer.ReadFrame()
		if err != nil || !h.handle(frame) {
			return
		}
	}
}

// handle handles one frame and reports whether the connection remains usable.
func (h *http2Conn) handle(frame http2.Frame) bool {
	switch f := frame.(type) {
	case *http2.SettingsFrame:
		if !f.IsAck() {
			return h.write(func(w *http2.Framer) error { return w.WriteSettingsAck() })
		}
	case *http2.PingFrame:
		data := f.Data
		return f.IsAck() || h.write(func(w *http2.Framer) error { return w.WritePing(true, data) })
	case *http2.MetaHeadersFrame:
		return h.open(f)
	case *http2.DataFrame:
		return h.data(f)
	case *http2.GoAwayFrame:
		return false
	}
	return true
}

func (h *http2Conn) open(f *http2.MetaHeadersFrame) bool {
	header := http.Header{}
	for _, field := range f.RegularFields() {
		header.Add(field.Name, field.Value)
	}
	a := h.server.arrive(f.PseudoValue("method"), f.PseudoValue("path"), header, HTTP2)
	id := f.StreamID
	switch a.kind.shape {
	case resetInHeader:
		breakTCP(h.below)
		return false
	case refusedStream, goAwayAbove:
		h.server.update(func() { a.Refused = true })
		if a.kind.shape == refusedStream {
			return h.write(func(w *http2.Framer) error {
				return w.WriteRSTStream(id, http2.ErrCodeRefusedStream)
			})
		}
		last := max(id, 2) - 2
		h.write(func(w *http2.Framer) error { return w.WriteGoAway(last, http2.ErrCodeNo, nil) })
		return false
	}
	if f.StreamEnded() {
		return h.answer(id, a)
	}
	h.uploads[id] = &upload{arrival: a}
	return true
}

func (h *http2Conn) data(f *http2.DataFrame) bool {
	u := h.uploads[f.StreamID]
	if u == nil {
		return true
	}
	_, _ = u.body.Write(f.Data())
	switch u.arrival.kind.shape {
	case resetInBody:
		breakTCP(h.below)
		return false
	case slowRead:
		h.server.pause(3 * time.Millisecond)
	}
	if n := uint32(len(f.Data())); n > 0 {
		h.write(func(w *http2.Framer) error {
			_ = w.WriteWindowUpdate(0, n)
			return w.WriteWindowUpdate(f.StreamID, n)
		})
	}
	if !f.StreamEnded() {
		return true
	}
	delete(h.uploads, f.StreamID)
	u.arrival.req.body = u.body.Bytes()
	return h.answer(f.StreamID, u.arrival)
}

// answer serves a complete request. An answer that waits runs on its own
// goroutine, so that the connection can read further frames.
func (h *http2Conn) answer(id uint32, a *arrival) bool {
	if slices.Contains([]shape{silent, lateAnswer, huge, flood, dead}, a.kind.shape) {
		h.server.busy.Go(func() {
			if !h.server.process(a, &http2Stream{h, id}) {
				_ = h.c.Close()
			}
		})
		return true
	}
	lives := h.server.process(a, &http2Stream{h, id})
	if lives && h.server.dropsIdle(a) {
		h.server.pause(rand.N(time.Millisecond))
		return false
	}
	return lives
}

func (h *http2Conn) write(frames func(*http2.Framer) error) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.mute {
		return true
	}
	_ = h.c.SetWriteDeadline(time.Now().Add(hold))
	return frames(h.framer) == nil
}

// http2Stream writes the answer of one request.
type http2Stream struct {
	h  *http2Conn
	id uint32
}

func (w *http2Stream) send(a answer, s shape) bool {
	a = shaped(a, s)
	switch s {
	case closed:
		return false
	case reset:
		breakTCP(w.h.below)
		return false
	case silent:
		w.h.server.pause(hold)
		return false
	case dead:
		w.h.mu.Lock()
		w.h.mute = true
		w.h.mu.Unlock()
		w.h.server.pause(hold)
		return false
	case lateAnswer:
		w.h.server.pause(attemptLimit + 100*time.Millisecond)
	case resetStream:
		return w.reset(http2.ErrCodeInternal)
	case protocolError:
		return w.reset(http2.ErrCodeProtocol)
	case goAwayBelow:
		w.frames(func(f *http2.Framer) error { return f.WriteGoAway(w.id, http2.ErrCodeNo, nil) })
		return false
	case headersThenStall:
		return w.headers(a, false)
	case hugeHeaders:
		a.header.Set("X-Filler", strings.Repeat("y", 1_000_000))
	case flood:
		hint := answer{
			status: http.StatusEarlyHints,
			header: http.Header{"Link": {strings.Repeat("y", 4000)}},
		}
		for range 5000 {
			if !w.headers(hint, false) {
				break
			}
		}
		return false
	}
	return w.body(a, s)
}

func (w *http2Stream) body(a answer, s shape) bool {
	switch s {
	case cutLength:
		a.header.Set("Content-Length", fmt.Sprint(len(a.body)))
		return w.headers(a, false) && w.data(a.body[:len(a.body)/2], true)
	case huge:
		open := w.headers(a, false) && w.data([]byte(`{"data":{"filler":"`), false)
		// The total fits into the flow-control window of Go's client.
		for sent := 0; open && sent < 2*maxAnswer; sent += 8 << 10 {
			open = w.data(bytes.Repeat([]byte("y"), 8<<10), false)
		}
		return open
	}
	if len(a.body) == 0 {
		return w.headers(a, true)
	}
	return w.headers(a, false) && w.data(a.body, true)
}

func (h *http2Conn) encode(name, value string) {
	_ = h.encoder.WriteField(hpack.HeaderField{Name: name, Value: value})
}

func (w *http2Stream) reset(code http2.ErrCode) bool {
	return w.frames(func(f *http2.Framer) error { return f.WriteRSTStream(w.id, code) })
}

func (w *http2Stream) headers(a answer, end bool) bool {
	return w.frames(func(f *http2.Framer) error {
		h := w.h
		h.encoded.Reset()
		h.encode(":status", fmt.Sprint(a.status))
		for name, values := range a.header {
			h.encode(strings.ToLower(name), values[0])
		}
		block := h.encoded.Bytes()
		part := block[:min(len(block), 16<<10)]
		block = block[len(part):]
		err := f.WriteHeaders(http2.HeadersFrameParam{
			StreamID:      w.id,
			BlockFragment: part,
			EndStream:     end,
			EndHeaders:    len(block) == 0,
		})
		for err == nil && len(block) > 0 {
			part = block[:min(len(block), 16<<10)]
			block = block[len(part):]
			err = f.WriteContinuation(w.id, len(block) == 0, part)
		}
		return err
	})
}

func (w *http2Stream) data(body []byte, end bool) bool {
	return w.frames(func(f *http2.Framer) error { return f.WriteData(w.id, end, body) })
}

func (w *http2Stream) frames(f func(*http2.Framer) error) bool { return w.h.write(f) }
