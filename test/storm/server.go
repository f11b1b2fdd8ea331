package storm

import (
	"crypto/tls"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Entry is a request as the server saw it. Each complete header has one.
type Entry struct {
	Phase     Phase
	Call      int
	Attempt   int
	Class     Class
	Proto     Proto
	Key       string
	Complete  bool // the body arrived too
	Processed bool // the ledger handled it
	Refused   bool // HTTP/2: the server refused it unprocessed
	Replayed  bool // answered from the key's row
	Status    int  // of the answer before the fault changed its shape
}

// arrived reports whether the server received the request as a whole, or any
// part of it over HTTP/1.
func (e *Entry) arrived() bool { return !e.Refused && (e.Complete || e.Proto != HTTP2) }

// Phase is a part of the run.
type Phase string

// The phases.
const (
	Storming Phase = "storm"  // with faults
	Sharing  Phase = "shared" // with faults, many concurrent callers of one client
	Retaking Phase = "retake" // resumed in vain: each attempt is refused
	Resuming Phase = "resume" // resumed with its key, without faults
	Warming  Phase = "warm"   // opens a connection that is then idle
)

// Server is the API: ledger, fault layer and wire log, on real sockets.
type Server struct {
	Ledger  *Ledger
	planner *Planner
	hits    int // connections to the host that no client may reach
	poured  int // the most bytes of an endless body that a client read

	listeners *listeners

	mu      sync.Mutex
	log     []*Entry
	fired   map[attemptID]bool
	reached map[Cell]int
	serials map[int][]int // of the attempts of a call in the phase Sharing
	conns   map[net.Conn]bool
	closing bool
	stop    chan struct{}
	busy    sync.WaitGroup
}

// attemptID names one attempt; the client sends it as a cookie.
type attemptID struct {
	phase   Phase
	call    int
	attempt int
}

func (id attemptID) String() string {
	return string(id.phase) + "." + strconv.Itoa(id.call) + "." + strconv.Itoa(id.attempt)
}

func parseAttempt(cookie string) attemptID {
	parts := strings.Split(strings.TrimPrefix(cookie, cookieName+"="), ".")
	if len(parts) != 3 {
		return attemptID{call: -1}
	}
	call, _ := strconv.Atoi(parts[1])
	attempt, _ := strconv.Atoi(parts[2])
	return attemptID{Phase(parts[0]), call, attempt}
}

const cookieName = "attempt"

// StartServer listens on loopback, with TLS and without, and opens a listener
// for each dial fault.
func StartServer(p *Planner) (*Server, error) {
	s := &Server{
		Ledger:    newLedger(),
		planner:   p,
		listeners: &listeners{},
		fired:     map[attemptID]bool{},
		reached:   map[Cell]int{},
		serials:   map[int][]int{},
		conns:     map[net.Conn]bool{},
		stop:      make(chan struct{}),
	}
	err := s.listeners.open(s)
	if err != nil {
		s.listeners.close()
	}
	return s, err
}

// Addresses returns the addresses of the server's listeners.
func (s *Server) Addresses() Addresses { return s.listeners.addresses }

// Close closes all connections and waits for the server's goroutines.
func (s *Server) Close() {
	s.mu.Lock()
	s.closing = true
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	close(s.stop)
	s.listeners.close()
	s.busy.Wait()
}

// accept serves each connection of a listener on a goroutine of its own.
func (s *Server) accept(l net.Listener, serve func(net.Conn)) {
	s.busy.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if !s.track(c) {
				_ = c.Close()
				return
			}
			s.busy.Go(func() {
				defer s.untrack(c)
				serve(c)
			})
		}
	})
}

func (s *Server) track(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = !s.closing
	return !s.closing
}

func (s *Server) untrack(c net.Conn) {
	_ = c.Close()
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

func (s *Server) serveTLS(c net.Conn) {
	secure := tls.Server(c, s.listeners.config)
	if err := secure.Handshake(); err != nil {
		return
	}
	if secure.ConnectionState().NegotiatedProtocol == "h2" {
		s.serveHTTP2(secure, c)
		return
	}
	s.serveHTTP1(secure, c)
}

// arrival is a request whose header is complete.
type arrival struct {
	*Entry
	id    attemptID
	kind  faultKind
	fault Fault
	req   request
}

// arrive logs a request and chooses its fault. A second request of the same
// attempt has no fault.
func (s *Server) arrive(method, path string, h http.Header, p Proto) *arrival {
	a := &arrival{
		req: request{
			token:  strings.TrimPrefix(h.Get("Authorization"), "Bearer "),
			method: method,
			path:   path,
			key:    h.Get("Idempotency-Key"),
		},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.identify(parseAttempt(h.Get("Cookie")), a.req.token)
	a.id = id
	a.Entry = &Entry{
		Phase:   id.phase,
		Call:    id.call,
		Attempt: id.attempt,
		Class:   classOf(method, path),
		Proto:   p,
		Key:     a.req.key,
	}
	s.log = append(s.log, a.Entry)
	if id.phase == Retaking {
		a.fault = retakeFault(id.call)
		a.kind = catalogue[a.fault]
		return a
	}
	if id.phase != Storming && id.phase != Sharing || id.call < 0 || s.fired[id] {
		return a
	}
	s.fired[id] = true
	plan := s.planner.Plan(id.call)
	fault := plan.fault(id.attempt)
	kind := catalogue[fault]
	if fault == "" || kind.layer == atDial || kind.layer == atIdle || !kind.fits(a.Class, p) {
		return a
	}
	if kind.layer != atCaller || kind.status != 0 && !kind.rotates {
		s.reached[Cell{fault, a.Class, p}]++
	}
	a.fault, a.kind = fault, kind
	return a
}

// identify returns call and attempt of a request. In the phase Sharing the
// cookie holds a serial number only, another one for each attempt.
func (s *Server) identify(id attemptID, token string) attemptID {
	if id.phase != Sharing {
		return id
	}
	serial, call := id.call, number(token)
	n := slices.Index(s.serials[call], serial)
	if n < 0 {
		n = len(s.serials[call])
		s.serials[call] = append(s.serials[call], serial)
	}
	return attemptID{Sharing, call, n + 1}
}

// fits reports whether the fault can occur for a class on a protocol.
func (f faultKind) fits(c Class, p Proto) bool {
	switch {
	case f.http1 && p == HTTP2, f.http2 && p != HTTP2, f.keyed && c != Keyed:
		return false
	default:
		return !f.body || c != Get && c != Delete
	}
}

func classOf(method, path string) Class {
	switch {
	case method == http.MethodGet:
		return Get
	case method == http.MethodDelete:
		return Delete
	case strings.HasSuffix(path, "/send"):
		return Keyed
	case strings.HasSuffix(path, "/lookup"),
		strings.HasSuffix(path, "/email/verify"),
		strings.HasSuffix(path, "/extensions"):
		return Unkeyed
	default:
		return Nonpaying
	}
}

// sender writes an answer in a shape, and reports whether the connection
// remains usable.
type sender interface {
	send(a answer, s shape) bool
}

// process executes the request as far as the fault lets it, and answers.
func (s *Server) process(a *arrival, out sender) bool {
	a.complete(s)
	reply := refusal(a.kind.status, a.kind.code)
	s.pause(a.kind.work)
	switch a.kind.act {
	case workBefore:
		reply = s.Ledger.do(a.req)
	case workFails:
		reply = s.Ledger.storeFailure(a.req)
	case workAfter:
		reply = s.workOn(a.req)
	case workNever:
		if a.fault == "" {
			reply = s.Ledger.do(a.req)
		}
	}
	reply.header = reply.header.Clone() // the ledger keeps its own
	s.update(func() {
		a.Processed = a.fault == "" || a.kind.act != workNever
		a.Replayed = reply.replayed()
	})
	if a.kind.status != 0 {
		reply = refusal(a.kind.status, a.kind.code)
	}
	if a.kind.header != nil {
		for name, values := range a.kind.header() {
			reply.header[name] = values
		}
		s.listeners.fillLocation(reply.header)
	}
	s.update(func() { a.Status = reply.status })
	s.pause(a.kind.work)
	return out.send(reply, a.kind.shape)
}

func (a *arrival) complete(s *Server) { s.update(func() { a.Complete = true }) }

func (s *Server) update(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// workOn executes the request after the client lost the connection.
func (s *Server) workOn(r request) answer {
	a, known := s.Ledger.begin(r)
	if known {
		return a
	}
	s.busy.Go(func() {
		s.pause(200*time.Millisecond + rand.N(300*time.Millisecond))
		s.Ledger.finish(r)
	})
	return answer{}
}

// pause waits for d, or until the server closes.
func (s *Server) pause(d time.Duration) {
	if d == 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-s.stop:
	}
}

// dropsIdle reports whether the server must break the idle connection of a
// warming call before the planned call uses it.
func (s *Server) dropsIdle(a *arrival) bool {
	if a.id.phase != Warming {
		return false
	}
	plan := s.planner.Plan(a.id.call)
	if plan.Cell.Fault != "idle dropped" {
		return false
	}
	s.update(func() { s.reached[plan.Cell]++ })
	return true
}

// breakTCP closes a connection so that the peer receives a reset.
func breakTCP(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

// drain reads until the peer closes the connection or d has passed.
func drain(c net.Conn, d time.Duration) {
	_ = c.SetReadDeadline(time.Now().Add(d))
	_, _ = io.Copy(io.Discard, c)
}
