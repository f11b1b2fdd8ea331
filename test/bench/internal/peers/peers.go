// Package peers holds the rows of the table, one file each: a call through net/http alone, and the same call through an SDK.
// Each SDK makes a call of its own API, as its documentation shows it, with bodies of about the same size.
package peers

import (
	"context"
	"net/http"

	"github.com/hellio-go/hellio/test/bench/internal/wire"
)

// Target is where an SDK sends its calls.
type Target struct {
	BaseURL    string // "" leaves the SDK's own address, for a stub that never dials
	HTTPClient *http.Client
}

// Calls are the calls of one SDK. Both return what identifies the decoded result.
type Calls struct {
	Post func(context.Context) (string, error)
	Get  func(context.Context) (string, error)
}

// Peer is one row.
type Peer struct {
	Name string

	// What the peer's own API answers to a POST, a GET, and a POST that it refuses.
	PostReply, GetReply, RefusedReply wire.Reply

	// What Post and Get return when they decoded their reply.
	PostResult, GetResult string

	// Refused reports whether err says that the API answered 422. Untyped is true where the SDK gives a sentence only.
	Refused func(err error) bool
	Untyped bool

	Connect func(Target) (Calls, error)
}

// All returns the rows in the table's order. The first is the floor, to which the others are compared.
func All() []Peer {
	return []Peer{
		floor(),
		floorAgain(),
		floorByHand(),
		retryableHTTP(),
		ours(),
		resendGo(),
		twilioGo(),
		goGitHub(),
		stripeGo(),
		openaiGo(),
	}
}
