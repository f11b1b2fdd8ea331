package main

import (
	"fmt"
	"time"

	"github.com/hellio-go/hellio/test/bench/internal/fakes"
	"github.com/hellio-go/hellio/test/bench/internal/measure"
	"github.com/hellio-go/hellio/test/bench/internal/peers"
)

const (
	fewMessages  = 100
	manyMessages = 100_000
)

// sendBatch is short, because each measured send adds a message to the fake.
const sendBatch = time.Millisecond

// fakeRows compares the fake with the floor's call over the loopback, and a
// full fake with a nearly empty one.
func fakeRows(rounds int, batch time.Duration) ([][]string, error) {
	calls, err := fakeCalls(rounds, batch)
	if err != nil {
		return nil, err
	}
	few, err := fakes.Open(fewMessages)
	if err != nil {
		return nil, err
	}
	defer few.Close()
	many, err := fakes.Open(manyMessages)
	if err != nil {
		return nil, err
	}
	defer many.Close()
	page, err := growth("newest page", few.NewestPage, many.NewestPage, rounds, batch)
	if err != nil {
		return nil, err
	}
	send, err := growth("send", few.Send, many.Send, rounds, sendBatch)
	return append(calls, page, send), err
}

// fakeCalls compares the fake's calls with a call through net/http alone to a
// server on 127.0.0.1.
func fakeCalls(rounds int, batch time.Duration) ([][]string, error) {
	loopback, closeWire, err := peers.LoopbackFloor()
	if err != nil {
		return nil, err
	}
	defer closeWire()
	store, err := fakes.Open(0)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	got, err := measure.Paired([]func() error{loopback, store.Send, fakes.FirstCall}, rounds, batch)
	if err != nil {
		return nil, err
	}
	floor, send := got[0], got[1]
	first := got[2]
	return [][]string{
		{"fake: New and first call", "", micros(first.Time), "≤ 100 µs"},
		{
			"fake: sms/send through the whole client, in process",
			micros(floor.Time) + " (loopback call)",
			fmt.Sprintf("%s, %.2f of it", micros(send.Time), send.Median),
			"≤ 40 µs, ≤ 0.5",
		},
	}, nil
}

// growth compares a call on a nearly empty fake with the same call on a full
// one.
func growth(what string, few, many func() error, rounds int, batch time.Duration) ([]string, error) {
	got, err := measure.Paired([]func() error{few, many}, rounds, batch)
	if err != nil {
		return nil, err
	}
	return []string{
		fmt.Sprintf("fake: %s with %d messages, floor: with %d", what, manyMessages, fewMessages),
		micros(got[0].Time),
		fmt.Sprintf("%s, %.2f of it", micros(got[1].Time), got[1].Median),
		"the same",
	}, nil
}

func micros(d time.Duration) string { return fmt.Sprintf("%.1f µs", float64(d)/1e3) }
