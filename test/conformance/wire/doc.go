// Package wire tests the client on real sockets: every way in which a request
// can end, on every transport that a caller may use, for every class of call.
// It counts the whole requests that the server received.
package wire
