package helliotest_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// textTo is the body of a message to a number.
func textTo(number, text string) string {
	return fmt.Sprintf(`{"recipients":["%s"],"sender":"HELLIO","message":"%s"}`, number, text)
}

func TestAWaitReturnsTheNewestPresentMessage(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	a.send(textTo("233209990001", "first"))
	a.send(textTo("233209990001", "second"))
	a.send(textTo("233209990002", "third"))
	m, err := f.WaitMessage(t.Context(), helliotest.To("+233209990001"))
	require.NoError(t, err)
	require.Equal(t, "second", m.Message)
	require.Equal(t, "third", f.RequireMessage(t).Message)
}

func TestAWaitEndsWithTheMessageThatComes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		a := newAPI(t, f)
		a.send(textTo("233209990001", "too early"))
		mark := f.Mark()
		go func() {
			time.Sleep(time.Hour)
			a.send(textTo("233209990002", "to another"))
			time.Sleep(time.Hour)
			a.send(textTo("233209990001", "the one"))
		}()
		start := time.Now()
		require.Equal(t, "the one",
			f.RequireMessage(t, helliotest.To("233209990001"), helliotest.Since(mark)).Message)
		require.Equal(t, 2*time.Hour, time.Since(start))
	})
}

func TestManyWaitAtOnceOutsideABubble(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithRateLimit(0))
	a := newAPI(t, f)
	var wg sync.WaitGroup
	for i := range 20 {
		number := fmt.Sprintf("2332099900%02d", i)
		wg.Go(func() {
			m, err := f.WaitMessage(t.Context(), helliotest.To(number))
			if err != nil || m.MobileNumber != "+"+number {
				t.Errorf("%s: %v, %v", number, m, err)
			}
		})
		wg.Go(func() { a.send(textTo(number, "Hi")) })
	}
	wg.Wait()
}

func TestAnEndlessWaitFailsImmediatelyInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		a := newAPI(t, f)
		a.send(textTo("233209990001", "Your parcel is here"))
		a.send(textTo("233209990002", "Your parcel is here"))
		a.send(`{"recipients":["233209990003"],"sender":"NOBODY","message":"Hi"}`).refused(t, 422,
			"sender_not_approved")
		_, err := f.WaitMessage(t.Context(), helliotest.To("+233209990001"),
			helliotest.From("ACME"), helliotest.Contains("parcel"))
		require.EqualError(t, err,
			`no message that is To(…0001), From("ACME"), Contains(a text of 6 characters): `+
				`nothing in this synctest bubble sends it: all its goroutines wait,`+
				` and so they did for 24 hours of its clock; `+
				`the nearest of 2 messages, 1003, is not From("ACME") (it comes from "HELLIO"); `+
				`the last call of /sms/send: 422 sender_not_approved`)
	})
}

func TestTheZeroFilterPassesEverything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		newAPI(t, f).send(oneSMS)
		require.Len(t, f.Messages(helliotest.Filter{}), 1)
		_, err := f.WaitMessage(t.Context(), helliotest.Filter{}, helliotest.From("ACME"),
			helliotest.Filter{})
		require.ErrorContains(t, err, `no message that is From("ACME"): `)
		require.ErrorContains(t, err, `1003, is not From("ACME") (it comes from "HELLIO"); `)
	})
}

func TestAFailedWaitNamesTheLastSend(t *testing.T) {
	t.Parallel()
	otp := `{"mobile_number":"233209990001","sender":"NOBODY"}`
	for says, calls := range map[string]func(a api){
		"none of 1 calls was a send": func(a api) { a.get("/balance") },
		"the last call of /otp/send: 422 ": func(a api) {
			a.send(oneSMS)
			a.sendOTP(otp)
			a.get("/balance")
		},
		"the last call of /sms/send: 202 ": func(a api) {
			a.sendOTP(otp)
			a.send(oneSMS)
			a.call(`{}`)
		},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := helliotest.New(t)
				calls(newAPI(t, f))
				_, err := f.WaitMessage(t.Context(), helliotest.Since(f.Mark()))
				require.ErrorContains(t, err, says)
			})
		})
	}
}

func TestAWaitEndsWithItsContextOrFake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, err := helliotest.Start()
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 48*time.Hour)
		defer cancel()
		start := time.Now()
		_, err = f.WaitMessage(ctx, helliotest.Channel("email"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, `Channel("email")`)
		require.ErrorContains(t, err,
			"the fake holds no message at all; none of 0 calls was a send")
		require.Equal(t, 48*time.Hour, time.Since(start),
			"the caller's deadline goes before the horizon")

		time.AfterFunc(time.Minute, func() { _ = f.Close() })
		_, err = f.WaitMessage(t.Context())
		require.ErrorContains(t, err, "no message: this Fake was closed")
	})
}

func TestAWaitOutlivesAReset(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		a := newAPI(t, f)
		for range 5 {
			a.send(textTo("233209990001", "before"))
		}
		time.AfterFunc(time.Minute, func() {
			f.Reset()
			a.send(textTo("233209990001", "after"))
		})
		require.Equal(t, "after", f.RequireMessage(t, helliotest.Contains("after")).Message)
	})
}

func TestAMissingRequiredMessageFailsItsTest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		newAPI(t, f).send(textTo("233209990001", "Hi"))
		r := watch(t, func(tb testing.TB) {
			f.RequireMessage(tb, helliotest.To("someone@example.com"), helliotest.Since(f.Mark()))
		})
		require.Contains(t, r.fatal,
			"helliotest: RequireMessage: no message that is To(…@example.com), Since(a mark): ")
		require.Contains(t, r.fatal,
			"is not To(…@example.com) (it goes to …0001), Since(a mark) (it came before the mark)")
	})
}
