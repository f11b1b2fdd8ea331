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

// Entry is a request as the server saw it: one for each complete header that arrived.
type Entry struct {
	Phase     Phase
	Call      int
	Attempt   int
	Class     Class
	Proto     Proto
	Key       string
	Complete  bool // the body too
	Processed bool // the ledger was asked
	Refused   bool // HTTP/2: the server said that it was not processed
	Replayed  bool // answered from the key's row
	Status    int  // of the answer that was meant to go out
}

// Phase is why a call is made.
type Phase string

// The phases.
const (
	Storming Phase = "storm"  // with faults
	Crowding Phase = "crowd"  // with faults too, many callers at a time through one client
	Retaking Phase = "retake" // resumed in vain: each attempt is refused
	Resuming Phase = "resume" // again with its key, without faults
	Warming  Phase = "warm"   // so that an idle connection waits
)

// Server is the API: ledger, fault layer and wire log, over sockets of its own.
type Server struct {
	Ledger  *Ledger
	planner *Planner
	gates   *gates
	hits    int // requests to the host that must not be reached
	poured  int // bytes of an endless body that a client has taken, at most

	mu      sync.Mutex
	log     []*Entry
	fired   map[attemptID]bool
	reached map[Cell]int
	crowd   map[int][]int // serials of a call's attempts
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

// StartServer listens on loopback, with TLS and without, and at each of the broken doors.
func StartServer(p *Planner) (*Server, error) {
	s := &Server{gates: &gates{}, crowd: map[int][]int{}, Ledger: newLedger(), planner: p, fired: map[attemptID]bool{}, reached: map[Cell]int{}, conns: map[net.Conn]bool{}, stop: make(chan struct{})}
	err := s.gates.open(s)
	if err != nil {
		s.gates.close()
	}
	return s, err
}

// Addresses tells the clients where to go.
func (s *Server) Addresses() Addresses { return s.gates.addresses }

// Close ends all connections and waits for what runs.
func (s *Server) Close() {
	s.mu.Lock()
	s.closing = true
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	close(s.stop)
	s.gates.close()
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
	secure := tls.Server(c, s.gates.config)
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

// arrive logs a request and settles what befalls it. A second request of the same attempt meets no fault again.
func (s *Server) arrive(method, path string, h http.Header, p Proto) *arrival {
	a := &arrival{
		req: request{token: strings.TrimPrefix(h.Get("Authorization"), "Bearer "), method: method, path: path, key: h.Get("Idempotency-Key")},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.identify(parseAttempt(h.Get("Cookie")), a.req.token)
	a.id = id
	a.Entry = &Entry{Phase: id.phase, Call: id.call, Attempt: id.attempt, Class: classOf(method, path), Proto: p, Key: a.req.key}
	s.log = append(s.log, a.Entry)
	if id.phase == Retaking {
		a.fault = retakeFault(id.call)
		a.kind = catalogue[a.fault]
		return a
	}
	if id.phase != Storming && id.phase != Crowding || id.call < 0 || s.fired[id] {
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

// identify finds call and attempt of a request. In a crowd the cookie holds but a serial number, another for each attempt.
func (s *Server) identify(id attemptID, token string) attemptID {
	if id.phase != Crowding {
		return id
	}
	serial, call := id.call, number(token)
	n := slices.Index(s.crowd[call], serial)
	if n < 0 {
		n = len(s.crowd[call])
		s.crowd[call] = append(s.crowd[call], serial)
	}
	return attemptID{Crowding, call, n + 1}
}

// fits reports whether the fault can be made on this protocol at all; whether the protocol is allowed is another question.
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
	case strings.HasSuffix(path, "/lookup"), strings.HasSuffix(path, "/email/verify"), strings.HasSuffix(path, "/extensions"):
		return Unkeyed
	default:
		return Nonpaying
	}
}

// sender puts an answer on the wire, in a shape, and reports whether the connection lives on.
type sender interface {
	send(a answer, s shape) bool
}

// process carries out what the fault leaves of the request, and answers.
func (s *Server) process(a *arrival, out sender) bool {
	a.complete(s)
	reply := refusal(a.kind.status, a.kind.code)
	s.pause(a.kind.work)
	switch a.kind.act {
	case before:
		reply = s.Ledger.do(a.req)
	case failed:
		reply = s.Ledger.storeFailure(a.req)
	case after:
		reply = s.workOn(a.req)
	case never:
		if a.fault == "" {
			reply = s.Ledger.do(a.req)
		}
	}
	reply.header = reply.header.Clone() // the ledger keeps its own
	s.note(func() {
		a.Processed = a.fault == "" || a.kind.act != never
		a.Replayed = reply.replayed()
	})
	if a.kind.status != 0 {
		reply = refusal(a.kind.status, a.kind.code)
	}
	if a.kind.header != nil {
		for name, values := range a.kind.header() {
			reply.header[name] = values
		}
		s.gates.fillLocation(reply.header)
	}
	s.note(func() { a.Status = reply.status })
	s.pause(a.kind.work)
	return out.send(reply, a.kind.shape)
}

func (a *arrival) complete(s *Server) { s.note(func() { a.Complete = true }) }

func (s *Server) note(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// workOn does the work after the client has been cut off.
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

// pause waits, or ends with the server.
func (s *Server) pause(d time.Duration) {
	if d == 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-s.stop:
	}
}

// dropsIdle reports whether the connection of a warming call is to break before the call that it was warmed for.
func (s *Server) dropsIdle(a *arrival) bool {
	if a.id.phase != Warming {
		return false
	}
	plan := s.planner.Plan(a.id.call)
	if plan.Cell.Fault != "idle dropped" {
		return false
	}
	s.note(func() { s.reached[plan.Cell]++ })
	return true
}

// breakTCP ends a connection so that the peer gets a reset.
func breakTCP(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

// drain reads until the peer goes away or the time is over.
func drain(c net.Conn, d time.Duration) {
	_ = c.SetReadDeadline(time.Now().Add(d))
	_, _ = io.Copy(io.Discard, c)
}
