// Package conformance holds client and fake to api/openapi.yaml: every request that the client sends and every response that the fake
// gives in the test flows is judged by the document, and what the document does not know fails the test.
//
// A Document judges single exchanges. A Recorder stands between a client and whatever answers it, and keeps what it found; a Receiver does
// the same in front of a handler for webhooks or USSD steps.
//
// # To add a flow
//
// The flows of a resource are in flow_<resource>_test.go, as one function that returns []flow, which flows_test.go lists. A flow gets a
// fresh fake, a client on it, and both behind a Recorder. It calls the client, and where the client would not send what the flow needs, it
// sends the bytes itself (w.raw). A request that is wrong on purpose goes out by w.wrong, so that only its response is judged.
//
// What every operation has (no token, no scope, a bad body, a broken service, a limit: flow_common_test.go) is told for a new one by
// itself, from the document's own examples. When all flows have run, each operation, status and error code of the document must have
// been seen.
package conformance
