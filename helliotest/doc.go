// Package helliotest is a fake of the Hellio Messaging API, so that an
// application can be tested without a network, a token or a cent.
//
// A Fake keeps state as the API does: a message that was sent is found in
// /messages, its cost leaves the wallet, its status moves on with time. It runs
// on package time, so that inside a testing/synctest bubble sleeping is time
// travel; outside one, Advance moves the fake's own clock. Faults are exact and
// counted; a fault that was never hit fails the test, and so does a request
// that names an unknown route or field.
//
//	fake := helliotest.New(t)
//	client := fake.Client()
//
// Explore runs a function under every fault and crash at every call, and prints
// the smallest schedule that makes it send twice, lose a message or pay twice.
//
// Dial gives the same waits and asserts against a hellio-fake that runs: the
// same fake as a program, for people and other languages.
//
// What the API does is not published everywhere. Behaviours lists what the fake
// does and how sure that is: documented by the vendor, inferred from its SDKs
// or from the framework it runs on, or decided here.
package helliotest
