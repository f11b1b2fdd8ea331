package peers

import (
	"net/http"
	"testing"

	"github.com/hellio-go/hellio/test/bench/internal/wire"
)

// Open checks the result of a call: the decoded member of a success, the type
// of a refusal.
func TestEachRowMakesItsCallInEachColumn(t *testing.T) {
	for _, peer := range All() {
		for _, column := range Columns() {
			t.Run(peer.Name+"/"+column.Name, func(t *testing.T) {
				call, closeWire, err := peer.Open(column)
				if err != nil {
					t.Fatal(err)
				}
				defer closeWire()
				if err := call(); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

func TestEachCallIsOneRequestOfComparableSize(t *testing.T) {
	for _, peer := range All() {
		t.Run(peer.Name, func(t *testing.T) {
			sent := onlyRequest(t, peer, peer.PostReply, post)
			wantBetween(t, "request", sent, 110, 200)
			sent = onlyRequest(t, peer, peer.GetReply, get)
			wantBetween(t, "request of the GET", sent, 0, 0)
			onlyRequest(t, peer, peer.RefusedReply, refusedPost)
			wantBetween(t, "reply to the POST", int64(len(peer.PostReply.Body)), 270, 330)
			wantBetween(t, "reply to the GET", int64(len(peer.GetReply.Body)), 270, 330)
			wantBetween(t, "refusal", int64(len(peer.RefusedReply.Body)), 110, 200)
		})
	}
}

func TestARefusalIsNotMistakenForASuccess(t *testing.T) {
	for _, peer := range All() {
		t.Run(peer.Name, func(t *testing.T) {
			peer.PostReply = peer.RefusedReply
			if _, closeWire, err := peer.Open(Columns()[0]); err == nil {
				closeWire()
				t.Fatal("a refused POST counts as a success")
			}
		})
	}
}

// onlyRequest makes one call, checks that it is one request, and returns the
// size of its body.
func onlyRequest(t *testing.T, peer Peer, reply wire.Reply, k kind) int64 {
	t.Helper()
	stub := wire.NewStub(reply)
	calls, err := peer.Connect(Target{HTTPClient: &http.Client{Transport: stub}})
	if err != nil {
		t.Fatal(err)
	}
	if err := peer.verify(calls, k); err != nil {
		t.Fatal(err)
	}
	if got := stub.Calls(); got != 1 {
		t.Fatalf("got %d requests for one call, want 1", got)
	}
	return stub.Sent()
}

func wantBetween(t *testing.T, what string, got, low, high int64) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s: %d bytes, want %d to %d", what, got, low, high)
	}
}

func TestConcurrentCallsOfOneClientShareConnections(t *testing.T) {
	for http2, most := range map[bool]int64{false: 2000, true: 1} {
		load, err := ours().Concurrent(http2, 64, 2000)
		if err != nil {
			t.Fatal(err)
		}
		if load.Connections < 1 || load.Connections > most {
			t.Errorf("HTTP/2 %t: %d connections, want at most %d", http2, load.Connections, most)
		}
		if load.P50 <= 0 || load.P99 < load.P50 {
			t.Errorf("HTTP/2 %t: median %v, 99th percentile %v", http2, load.P50, load.P99)
		}
	}
}
