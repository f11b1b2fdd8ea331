package pacing

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOneCallGoesFirstIfNothingIsKnown(t *testing.T) {
	d := newDriver(t)
	d.waited(Bulk)
	for range 3 {
		require.Equal(t, time.Second, d.waited(Bulk), "no response within a second")
	}
	var waiters []*Waiter
	for range 5 {
		waiters = append(waiters, d.queued(Bulk, time.Time{}))
	}
	d.observe(Bulk, shows(119, 120))
	for _, w := range waiters {
		<-w.Done
	}
}

func TestMuchHigherRemainingBeginsAWindow(t *testing.T) {
	d := newDriver(t)
	d.call(Bulk, shows(1, 120)) // another client began the window
	require.Zero(t, d.call(Bulk, shows(119, 120)))
	for left := 118; left >= 0; left-- {
		require.Zero(t, d.call(Bulk, shows(left, 120)))
	}
	require.Equal(t, windowLength, d.waited(Bulk))
}

func TestAPIWithoutALimitIsNotPaced(t *testing.T) {
	d := newDriver(t)
	d.call(Bulk, Response{Status: 202})
	for range 500 {
		require.Zero(t, d.waited(Bulk))
	}
}

func TestLimitReportedLaterIsObeyedFromThenOn(t *testing.T) {
	for name, responses := range map[string][]Response{
		"it begins a window":    {{Status: 202}, shows(119, 120)},
		"between two windows":   {{Status: 202}, shows(120, 120)},
		"not in every response": {shows(119, 120), {Status: 202}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDriver(t)
			for _, r := range responses {
				d.call(Bulk, r)
			}
			d.now = d.now.Add(windowLength)
			require.Zero(t, d.waited(Bulk))
			require.Equal(t, time.Second, d.waited(Bulk), "one call goes first")
		})
	}
}

func TestFailureWithoutALimitShowsNothing(t *testing.T) {
	for _, status := range []int{0, 404, 500} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			d := newDriver(t)
			d.call(Bulk, Response{Status: status})
			require.Zero(t, d.waited(Bulk))
			require.Equal(t, time.Second, d.waited(Bulk))
		})
	}
}

func TestA429WithoutRetryAfterBlocksLongerEachTime(t *testing.T) {
	d := newDriver(t)
	for _, seconds := range []time.Duration{0, 1, 2, 4, 8, 8} {
		waited := d.waited(Bulk)
		require.GreaterOrEqual(t, waited, seconds*time.Second)
		require.LessOrEqual(t, waited, (seconds+1)*time.Second)
		d.observe(Bulk, refused(0))
	}
}

func TestA429BlocksForAtMost65Seconds(t *testing.T) {
	for _, retryAfter := range []time.Duration{66 * time.Second, 24 * time.Hour, 1<<63 - 1} {
		t.Run(retryAfter.String(), func(t *testing.T) {
			d := newDriver(t)
			d.call(Bulk, refused(retryAfter))
			waited := d.waited(Bulk)
			require.GreaterOrEqual(t, waited, longestBlock)
			require.Less(t, waited, longestBlock+time.Second)
		})
	}
}

func TestATwelfthIsReservedForOTPs(t *testing.T) {
	d := newDriver(t)
	d.call(Bulk, shows(12, 120))
	d.call(OTP, shows(11, 120))
	d.call(Bulk, shows(10, 120))
	w := d.queued(Bulk, time.Time{})
	for left := 9; left >= 0; left-- {
		require.Zero(t, d.call(OTP, shows(left, 120)))
	}
	d.wait(w)
	require.Equal(t, noon.Add(windowLength), d.now)
}

func TestReserveEndsTenMinutesAfterTheLastOTP(t *testing.T) {
	d := newDriver(t)
	d.call(OTP, Response{Status: 201})
	d.now = d.now.Add(otpMemory)
	d.call(Bulk, shows(1, 120))
	require.Zero(t, d.waited(Bulk))
}

func TestLimitOfAnAddressIsNotTheTokens(t *testing.T) {
	d := newDriver(t)
	d.call(Bulk, shows(100, 120))
	d.call(OTP, shows(0, 10))
	require.Zero(t, d.call(Bulk, shows(98, 120)))
	require.Equal(t, windowLength, d.waited(OTP), "only OTPs wait for the address")
	d.observe(OTP, Response{Status: 429, Limit: 10, RetryAfter: 20 * time.Second})
	require.Zero(t, d.waited(Bulk))
	waited := d.waited(OTP)
	require.GreaterOrEqual(t, waited, 20*time.Second)
	require.Less(t, waited, 21*time.Second, "as long as asked, and no window more")
}

func TestOTPsInFlightCountForTheAddress(t *testing.T) {
	d := newDriver(t)
	d.call(Bulk, shows(100, 120))
	d.call(OTP, shows(2, 10))
	require.Zero(t, d.waited(OTP))
	require.Zero(t, d.waited(OTP))
	first := d.queued(OTP, time.Time{})
	second := d.queued(OTP, time.Time{})
	d.now = d.now.Add(5 * time.Second)
	d.observe(OTP, Response{}) // no response came
	<-first.Done
	d.wait(second)
	require.Equal(t, noon.Add(windowLength), d.now)
}

func TestOTPWithTheTokensLimitCountsForIt(t *testing.T) {
	d := newDriver(t)
	d.call(Bulk, shows(100, 120))
	d.call(OTP, shows(0, 120))
	require.Equal(t, windowLength, d.waited(Bulk))
}

func TestOtherClientsMakeCallsSpread(t *testing.T) {
	d := newDriver(t)
	d.call(Bulk, shows(110, 120))
	d.now = d.now.Add(5 * time.Second)
	d.call(Bulk, shows(50, 120)) // the others took 59
	waited := d.waited(Bulk)
	require.Greater(t, waited, time.Second)
	require.Less(t, waited, 55*time.Second)
}
