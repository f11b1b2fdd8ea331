// Package conformance compares client and fake with api/openapi.yaml. The test
// flows check every request of the client and every response of the fake. A
// test fails on anything that the document does not describe.
//
// A Document checks single exchanges. A Recorder wraps a RoundTripper, checks
// what passes through it and keeps the differences. A Receiver does the same in
// front of a handler for webhooks or USSD steps.
//
// # To add a flow
//
// The flows of a resource are in flow_<resource>_test.go, in one function that
// returns []flow. Add the function to flows in flows_test.go. A flow gets a
// fresh fake and a client, with a Recorder between them. It calls the client.
// Where the client refuses to send what the flow needs, w.raw sends the bytes.
// A request that is wrong on purpose is sent by w.wrong, which checks only its
// response.
//
// flow_common_test.go adds the flows that every operation has: no token, no
// scope, a bad body, a broken service, the rate limit. It makes them from the
// document's examples, so a new operation needs no code there. After all flows,
// each operation, status and error code of the document must have been seen.
package conformance
