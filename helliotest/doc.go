// Package helliotest is a fake of the Hellio Messaging API, so that your tests
// need no network and no credentials, and cost nothing.
//
// A Fake keeps state like the API: /messages lists a sent message, its cost
// leaves the wallet, and its status changes with time. It runs on package time:
// in a testing/synctest bubble sleeping moves its clock without a wait, and
// elsewhere Advance does. Faults are exact and counted. A fault that was never
// hit fails the test, and so does a request with an unknown route or field.
//
//	fake := helliotest.New(t)
//	client := fake.Client()
//
// Explore runs a function under every fault and crash at every call. It prints
// the smallest schedule that makes the function send twice, lose a message or
// pay twice.
//
// Dial returns the same methods for a running hellio-fake, which is the fake as
// a program for people and other languages.
//
// The vendor does not publish all behaviour of the API. Comments mark where the
// fake's behaviour comes from, and Behaviours lists it: documented by the
// vendor; inferred from the vendor's SDKs, plugins or framework; decided means
// not published, our choice. The program cmd/hellio-verify checks the list at
// the real API, and WithObservations makes the fake follow what it saw.
package helliotest
