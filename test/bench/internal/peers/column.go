package peers

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/hellio-go/hellio/test/bench/internal/wire"
)

// Column is one kind of call, over one kind of wire.
type Column struct {
	Name     string
	loopback bool
	kind     kind
}

// Refused reports whether the column's calls end in an error.
func (c Column) Refused() bool { return c.kind == refused }

type kind int

const (
	post kind = iota
	get
	refused
)

// Columns returns the columns in the table's order.
func Columns() []Column {
	return []Column{
		{Name: "stub POST", kind: post},
		{Name: "stub GET", kind: get},
		{Name: "loopback POST", loopback: true, kind: post},
		{Name: "loopback GET", loopback: true, kind: get},
		{Name: "POST to a 422", kind: refused},
	}
}

// LoopbackFloor returns the floor's POST over the loopback, and what ends it.
func LoopbackFloor() (call func() error, closeWire func(), err error) {
	return floor().Open(Column{Name: "loopback POST", loopback: true, kind: post})
}

// Open makes the peer ready for the column's call, makes one and looks at its result, so that no error path is measured by
// mistake. The call it returns succeeds when the API's answer was the expected one. Close ends what was opened.
func (p Peer) Open(c Column) (call func() error, closeWire func(), err error) {
	target, closeWire := connect(c.loopback, p.reply(c.kind))
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

func connect(loopback bool, reply wire.Reply) (Target, func()) {
	if !loopback {
		return Target{HTTPClient: &http.Client{Transport: wire.NewStub(reply)}}, func() {}
	}
	server := wire.NewLoopback(reply)
	return dial(server)
}

// dial returns a target with a connection pool of its own.
func dial(server *wire.Loopback) (Target, func()) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	closeWire := func() {
		transport.CloseIdleConnections()
		server.Close()
	}
	return Target{BaseURL: server.URL(), HTTPClient: &http.Client{Transport: transport}}, closeWire
}

func (p Peer) reply(k kind) wire.Reply {
	switch k {
	case get:
		return p.GetReply
	case refused:
		return p.RefusedReply
	default:
		return p.PostReply
	}
}

// verify makes one call and checks that it went the way that the column is about.
func (p Peer) verify(calls Calls, k kind) error {
	ctx := context.Background()
	if k == refused {
		_, err := calls.Post(ctx)
		if !p.Refused(err) {
			return fmt.Errorf("a 422 came back as %T: %v", err, err)
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
		return fmt.Errorf("decoded %q, want %q", got, want)
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
	case refused:
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
