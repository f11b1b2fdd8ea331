// Package freeport finds ports for the servers that tests start.
package freeport

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
)

// Systems assign the ports above these to programs that ask for any port: one
// of those could be taken before its server has started.
const first, count = 20000, 10000

var asked = rand.Uint32N(count) // other test programs may run next to this one

// Get returns a port of loopback at which no one listens, and no port twice.
func Get(t testing.TB) string {
	t.Helper()
	for range count {
		port := strconv.Itoa(first + int(atomic.AddUint32(&asked, 1)%count))
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}
