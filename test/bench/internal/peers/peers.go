// Package peers holds the rows of the table, one file each: a call through
// net/http alone, and a call through each SDK. Each SDK calls its own API, as
// its documentation shows, with bodies of about the same size.
package peers

import (
	"context"
	"net/http"

	"github.com/hellio-go/hellio/test/bench/internal/wire"
)

// Target is the server of an SDK's calls.
type Target struct {
	BaseURL    string // "" keeps the SDK's own address, for a stub that never dials
	HTTPClient *http.Client
}

// Calls are the calls of one SDK. Both return a member of the decoded result.
type Calls struct {
	Post func(context.Context) (string, error)
	Get  func(context.Context) (string, error)
}

// Peer is one row.
type Peer struct {
	Name string

	// The answers of the peer's own API to a POST, a GET, and a refused POST.
	PostReply, GetReply, RefusedReply wire.Reply

	// The results of Post and Get for these answers.
	PostResult, GetResult string

	// Refused reports whether err reports a 422 of the API. Untyped is true if
	// the SDK returns an error with a text only.
	Refused func(err error) bool
	Untyped bool

	Connect func(Target) (Calls, error)
}

// All returns the rows in the table's order. The first is the floor, which all
// others are compared with.
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
