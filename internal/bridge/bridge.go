// Package bridge is what the client and a RoundTripper in process know about
// each other beyond net/http. It imports neither.
package bridge

// Permanent is an error of a RoundTripper that sent nothing and that no later
// attempt can avoid: the fake has ended. The client does not retry it, and its
// outcome is "not sent".
type Permanent interface {
	error
	NothingSent()
}

// MemoryBody is a request body that holds all its bytes: no read of it waits.
type MemoryBody interface{ InMemory() }
