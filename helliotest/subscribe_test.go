package helliotest_test

import (
	"context"
	"runtime"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// read takes n events from a place on.
func read(t *testing.T, f *helliotest.Fake, after string, n int) (events []helliotest.Event) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for e := range f.Subscribe(ctx, after) {
		if events = append(events, e); len(events) == n {
			break
		}
	}
	require.Len(t, events, n)
	return events
}

func eventTexts(events []helliotest.Event) (out []string) {
	for _, e := range events {
		out = append(out, e.Message.Message)
	}
	return out
}

func TestASubscriberGetsEachMessageOnceInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithRateLimit(0))
		a := newAPI(t, f)
		a.send(textTo("233209990001", "before the call"))
		stream := f.Subscribe(t.Context(), "")
		a.send(textTo("233209990001", "0"))
		go func() {
			for i := 1; i < 250; i++ {
				time.Sleep(time.Duration(i%2) * time.Second)
				a.send(textTo("233209990001", strconv.Itoa(i)))
			}
			_ = f.Close()
		}()
		var got []helliotest.Event
		for e := range stream {
			got = append(got, e)
		}
		require.Len(t, got, 250)
		for i, text := range eventTexts(got) {
			require.Equal(t, strconv.Itoa(i), text)
		}
	})
}

func TestAStreamResumes(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	for _, text := range []string{"a", "b", "c"} {
		a.send(textTo("233209990001", text))
	}
	all := read(t, f, "0", 3)
	require.Equal(t, []string{"a", "b", "c"}, eventTexts(all))
	require.Equal(t, []string{"b", "c"}, eventTexts(read(t, f, all[0].ID, 2)),
		"the ID of an event is a place")
	require.Equal(t, []string{"c"},
		eventTexts(read(t, f, strconv.FormatInt(all[1].Message.ID, 10), 1)), "and so is a "+
			"message's")
	for _, unknown := range []string{
		"99999999", "nonsense", "-1", "zz-1001", all[2].ID + "x", "\x00",
	} {
		require.Equal(t, []string{"a", "b", "c"}, eventTexts(read(t, f, unknown, 3)), "%q", unknown)
	}
	f.Reset()
	for _, text := range []string{"d", "e", "f", "g"} {
		a.send(textTo("233209990001", text))
	}
	require.Equal(t, []string{"d", "e", "f", "g"}, eventTexts(read(t, f, all[2].ID, 4)),
		"nothing after a Reset is missed")
}

func TestAStreamGoesOnAfterAReset(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		a := newAPI(t, f)
		a.send(textTo("233209990001", "before"))
		time.AfterFunc(time.Second, func() {
			f.Reset()
			a.send(textTo("233209990001", "after"))
		})
		require.Equal(t, []string{"before", "after"}, eventTexts(read(t, f, "0", 2)))
	})
}

func TestAStreamEndsWithItsContext(t *testing.T) {
	before := runtime.NumGoroutine()
	f, err := helliotest.Start()
	require.NoError(t, err)
	a := newAPI(t, f)
	a.send(oneSMS)
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		got := 0
		for range f.Subscribe(ctx, "0") {
			got++
			time.AfterFunc(time.Millisecond, cancel)
		}
		require.Equal(t, 1, got)
		for range f.Subscribe(ctx, "0") {
			t.Fatal("its context has ended")
		}
	}
	require.NoError(t, f.Close())
	require.Len(t, read(t, f, "0", 1), 1, "what a closed fake holds can still be read")
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 }, time.Minute,
		5*time.Millisecond)
}

func TestAStreamResumesAfterTheNewestMessage(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	newAPI(t, f).sendOTP(oneOTP) // a message whose id is the last that was given
	last := read(t, f, "0", 1)[0]
	stream := f.Subscribe(t.Context(), last.ID)
	newAPI(t, f).send(textTo("233209990001", "next"))
	for e := range stream {
		require.Equal(t, "next", e.Message.Message)
		break
	}
}
