package peers

import (
	"context"
	"fmt"

	"github.com/hellio-go/hellio/test/bench/internal/wire"
)

// Connections makes n sequential POSTs, each answered in chunks, and returns
// the number of connections that the peer opened.
func (p Peer) Connections(n int) (int64, error) {
	server := wire.NewChunked(p.PostReply)
	target, closeWire := dial(server)
	defer closeWire()
	calls, err := p.Connect(target)
	if err != nil {
		return 0, err
	}
	for range n {
		got, err := calls.Post(context.Background())
		if err != nil {
			return 0, err
		}
		if got != p.PostResult {
			return 0, fmt.Errorf("%s: invalid result: got %q, want %q", p.Name, got, p.PostResult)
		}
	}
	return server.Connections(), nil
}
