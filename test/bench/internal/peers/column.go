package peers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hellio-go/hellio/test/bench/internal/wire"
)

// Column is one kind of call, over one kind of wire.
type Column struct {
	Name     string
	Target   Limits // of the row "hellio"
	loopback bool
	kind     kind
}

// Limits bound the cost of a call. Zero is no limit.
type Limits struct {
	Ratio  float64 // of the time to the floor's
	Bytes  uint64
	Allocs uint64
}

// String returns the limits as the table shows them.
func (l Limits) String() string {
	var parts []string
	if l.Ratio > 0 {
		parts = append(parts, fmt.Sprintf("≤ %g", l.Ratio))
	}
	if l.Bytes > 0 {
		parts = append(parts, fmt.Sprintf("≤ %d B", l.Bytes))
	}
	if l.Allocs > 0 {
		parts = append(parts, fmt.Sprintf("≤ %d", l.Allocs))
	}
	return strings.Join(parts, " / ")
}

// Refused reports whether the column's calls end in an error.
func (c Column) Refused() bool { return c.kind == refusedPost }

type kind int

const (
	post kind = iota
	get
	refusedPost
)

// Columns returns the columns in the table's order.
func Columns() []Column {
	return []Column{
		{Name: "stub POST", Target: Limits{1.2, 3500, 38}, kind: post},
		{Name: "stub GET", Target: Limits{1.2, 3000, 32}, kind: get},
		{
			Name:     "loopback POST",
			Target:   Limits{Ratio: 1.08},
			loopback: true,
			kind:     post,
		},
		{
			Name:     "loopback GET",
			Target:   Limits{Ratio: 1.08},
			loopback: true,
			kind:     get,
		},
		{Name: "POST to a 422", Target: Limits{1.25, 4200, 44}, kind: refusedPost},
	}
}

// LoopbackFloor returns the floor's POST over the loopback, and a function that
// closes the server.
func LoopbackFloor() (call func() error, closeWire func(), err error) {
	return floor().Open(Column{Name: "loopback POST", loopback: true, kind: post})
}

// Open prepares the peer for the column's call. It makes one call and checks
// the result, so that no benchmark measures an error path by mistake. The
// returned call succeeds if the API's answer is the expected one. closeWire
// closes the server and the connections.
func (p Peer) Open(c Column) (call func() error, closeWire func(), err error) {
	target, closeWire := newTarget(c.loopback, p.reply(c.kind))
	calls, err := p.Connect(target)
	if err == nil {
		err = p.verify(calls, c.kind)
	}
	if err != nil {
		closeWire()
		return nil, nil, fmt.Errorf("%s, %s: %w", p.Name, c.Name, err)
	}
	return p.bind(calls, c.kind), closeWire, nil
}

func newTarget(loopback bool, reply wire.Reply) (Target, func()) {
	if !loopback {
		return Target{HTTPClient: &http.Client{Transport: wire.NewStub(reply)}}, func() {}
	}
	server := wire.NewLoopback(reply)
	return dial(server)
}

// dial returns a target with its own connection pool.
func dial(server *wire.Loopback) (Target, func()) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	closeWire := func() {
		transport.CloseIdleConnections()
		server.Close()
	}
	client := &http.Client{Transport: transport}
	return Target{BaseURL: server.URL(), HTTPClient: client}, closeWire
}

func (p Peer) reply(k kind) wire.Reply {
	switch k {
	case get:
		return p.GetReply
	case refusedPost:
		return p.RefusedReply
	default:
		return p.PostReply
	}
}

// verify makes one call and checks that it ends as the column requires.
func (p Peer) verify(calls Calls, k kind) error {
	ctx := context.Background()
	if k == refusedPost {
		_, err := calls.Post(ctx)
		if !p.Refused(err) {
			return fmt.Errorf("invalid error for a 422: got %T: %v", err, err)
		}
		return nil
	}
	send, want := calls.Post, p.PostResult
	if k == get {
		send, want = calls.Get, p.GetResult
	}
	got, err := send(ctx)
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("invalid result: got %q, want %q", got, want)
	}
	return nil
}

var errNotRefused = errors.New("a call that the API refuses succeeded")

func (p Peer) bind(calls Calls, k kind) func() error {
	ctx := context.Background()
	switch k {
	case get:
		return func() error {
			_, err := calls.Get(ctx)
			return err
		}
	case refusedPost:
		return func() error {
			if _, err := calls.Post(ctx); err == nil {
				return errNotRefused
			}
			return nil
		}
	default:
		return func() error {
			_, err := calls.Post(ctx)
			return err
		}
	}
}
