package helliotest_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// digitOrder is which of the numbers each receipt is about, by its last digit.
func digitOrder(seen []receipt) (digits string) {
	for _, r := range seen {
		digits += string(r.body[strings.Index(r.body, `","provider`)-1])
	}
	return digits
}

// underFault sends to three numbers with one fault on their deliveries, lets an
// hour pass, and returns what the receiver and the fake saw.
func underFault(
	t *testing.T, rules ...helliotest.Rule,
) (seen []receipt, deliveries []helliotest.Delivery, hits int) {
	t.Helper()
	v := &receiver{}
	f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
	fault := f.Fault(helliotest.WebhookDelivery, rules...)
	sendTo(t, f, someone, secondPhone, thirdPhone)
	f.Advance(time.Hour)
	return v.got(), f.Deliveries(), fault.Hits()
}

func TestALostDeliveryIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen, deliveries, hits := underFault(t, helliotest.Nth(2), helliotest.WebhookLose())
		require.Equal(t, 1, hits)
		require.Equal(t, "132", digitOrder(seen))
		require.Equal(t, 10*time.Second, seen[2].at.Sub(seen[0].at))
		lost := deliveries[1]
		require.Equal(t, "delivered", lost.Status)
		require.Equal(t, []time.Duration{0, 10 * time.Second}, offsets(lost))
		require.Equal(t, []any{0, "a fault has lost it", "webhook_lose"},
			[]any{lost.Attempts[0].StatusCode, lost.Attempts[0].Error, lost.Attempts[0].Fault})
	})
}

func TestADeliveryLostEachTimeFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen, deliveries, hits := underFault(t, helliotest.Always(), helliotest.WebhookLose(),
			helliotest.ToNumber(secondPhone))
		require.Equal(t, 5, hits, "attempts are counted")
		require.Equal(t, "13", digitOrder(seen))
		require.Equal(t, "failed", deliveries[1].Status)
		require.Equal(t, wholeLadder, offsets(deliveries[1]))
	})
}

func TestADuplicateDeliveryIsTheSameBytesTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen, deliveries, hits := underFault(t, helliotest.Nth(1), helliotest.WebhookDuplicate())
		require.Equal(t, 1, hits)
		require.Equal(t, "1123", digitOrder(seen))
		require.Equal(t, seen[0].body, seen[1].body)
		require.Equal(t, seen[0].header, seen[1].header)
		require.True(t, seen[1].genuine(hookSecret))
		require.Len(t, deliveries[0].Attempts, 2)
	})
}

func TestAReorderedDeliveryComesAfterTheNext(t *testing.T) {
	t.Parallel()
	for want, rules := range map[string][]helliotest.Rule{
		"213":  {helliotest.Nth(1), helliotest.WebhookReorder()},
		"132":  {helliotest.Nth(2), helliotest.WebhookReorder()},
		"12":   {helliotest.Nth(3), helliotest.WebhookReorder()}, // nothing follows
		"21":   {helliotest.Always(), helliotest.WebhookReorder()},
		"213 ": {helliotest.Times(2), helliotest.WebhookReorder()},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				seen, deliveries, _ := underFault(t, rules...)
				require.Equal(t, strings.TrimSpace(want), digitOrder(seen))
				for _, d := range deliveries {
					require.Equal(t, len(d.Attempts) == 0, d.Status == "pending")
				}
			})
		})
	}
}

func TestAReorderedDeliveryFollowsARefusedOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := answering(500)
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		f.Fault(helliotest.WebhookDelivery, helliotest.Nth(1), helliotest.WebhookReorder())
		sendTo(t, f, someone)
		f.Advance(time.Hour)
		require.Empty(t, v.got())
		sendTo(t, f, secondPhone)
		f.Advance(5 * time.Second)
		require.Equal(t, "21", digitOrder(v.got()))
		f.Advance(10 * time.Second)
		require.Equal(t, "212", digitOrder(v.got()))
		require.Equal(t, fmt.Sprint(v.got()[1].at.Unix()),
			v.got()[1].header.Get("X-Hellio-Timestamp"), "signed when it goes")
	})
}

func TestAForgedDeliveryIsSignedWronglyOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen, _, _ := underFault(t, helliotest.Nth(1), helliotest.WebhookBadSignature())
		require.Equal(t, "123", digitOrder(seen))
		for _, name := range []string{"X-Hellio-Signature", "X-Hellio-Signature-V2"} {
			require.Regexp(t, `^[0-9a-f]{64}$`, seen[0].header.Get(name))
		}
		forged := seen[0]
		require.NotEqual(t, signed(hookSecret, forged.body),
			forged.header.Get("X-Hellio-Signature"))
		require.NotEqual(t,
			signed(hookSecret, forged.header.Get("X-Hellio-Timestamp")+"."+forged.body),
			forged.header.Get("X-Hellio-Signature-V2"))
		require.True(t, seen[1].genuine(hookSecret))
	})
}

func TestADelayedDeliveryDelaysItsRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := answering(500)
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		f.Fault(helliotest.WebhookDelivery, helliotest.Nth(1),
			helliotest.WebhookDelay(20*time.Minute))
		sendTo(t, f, someone)
		f.Advance(5*time.Second + 20*time.Minute - 1)
		require.Empty(t, v.got())
		f.Advance(1)
		require.Len(t, v.got(), 1)
		f.Advance(10 * time.Second)
		require.Equal(t, "delivered", f.Deliveries()[0].Status)
		require.Equal(t, wholeLadder[:2], offsets(f.Deliveries()[0]))
		require.Equal(t, fmt.Sprint(v.got()[0].at.Unix()),
			v.got()[0].header.Get("X-Hellio-Timestamp"))
	})
}

func TestADeletedWebhookDropsWhatFaultsHaveHeld(t *testing.T) {
	t.Parallel()
	for name, effect := range map[string]helliotest.Rule{
		"held":    helliotest.WebhookReorder(),
		"delayed": helliotest.WebhookDelay(time.Minute),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v := &receiver{}
				f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
				f.Fault(helliotest.WebhookDelivery, helliotest.Nth(1), effect)
				sendTo(t, f, someone)
				f.Advance(5 * time.Second)
				require.NoError(t, f.Client().Webhooks.Delete(t.Context(), hooks(t, f)[0].ID))
				f.Advance(time.Hour)
				require.Empty(t, v.got())
				require.Equal(t, "failed", f.Deliveries()[0].Status)
			})
		})
	}
}

func TestFaultsOfDeliveriesSpareCalls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		on     helliotest.Op
		effect helliotest.Rule
		says   string
	}{
		{
			helliotest.SMSSend, helliotest.WebhookLose(),
			"webhook_lose does not act on the op sms_send, only on the op webhook",
		},
		{
			helliotest.AnyOp, helliotest.WebhookDelay(1),
			"webhook_delay does not act on the op any, only on the op webhook",
		},
		{helliotest.WebhookCreate, helliotest.WebhookReorder(), "only on the op webhook"},
		{
			helliotest.WebhookDelivery, helliotest.Delay(1),
			"delay does not act on the op webhook, whose effects begin with webhook_",
		},
		{helliotest.WebhookDelivery, helliotest.WebhookDelay(-1), "not a duration"},
	} {
		require.Contains(t,
			watch(t,
				func(tb testing.TB) { helliotest.New(tb).Fault(c.on, helliotest.Nth(1), c.effect) }).fatal, c.says)
	}
	f := helliotest.New(t)
	require.ErrorContains(t,
		f.SetFaults(helliotest.FaultSpec{
			Op:     helliotest.WebhookDelivery,
			Nth:    1,
			Effect: "webhook_delay",
		}), "not a duration")
	require.ErrorContains(t, f.SetFaults(helliotest.FaultSpec{
		Op:       helliotest.WebhookDelivery,
		Nth:      1,
		Effect:   "webhook_lose",
		Duration: "1s",
	}), "takes no duration")
}

func TestAFaultOfAnyCallLeavesDeliveriesAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &receiver{}
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		fault := f.Fault(helliotest.AnyOp, helliotest.Nth(2), helliotest.Delay(time.Millisecond))
		sendTo(t, f, someone)
		f.Advance(time.Minute)
		require.Zero(t, fault.Hits(), "a delivery is no call")
		require.Len(t, v.got(), 1)
		sendTo(t, f, secondPhone)
		require.Equal(t, 1, fault.Hits())
	})
}

func TestEitherOfTwoDuplicatesAcknowledges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		first, second int
		want          string
	}{{200, 500, "delivered"}, {500, 200, "delivered"}, {500, 500, "pending"}} {
		synctest.Test(t, func(t *testing.T) {
			f := helliotest.New(t,
				helliotest.WithWebhookHandler(hookURL, answering(c.first, c.second), hookSecret))
			f.Fault(helliotest.WebhookDelivery, helliotest.Nth(1), helliotest.WebhookDuplicate())
			sendTo(t, f, someone)
			f.Advance(5 * time.Second)
			require.Equal(t, c.want, f.Deliveries()[0].Status)
		})
		synctest.Test(t, func(t *testing.T) {
			f := helliotest.New(t,
				helliotest.WithWebhookHandler(hookURL, answering(500, c.first, c.second),
					hookSecret))
			sendTo(t, f, someone)
			f.Advance(5 * time.Second)
			require.NoError(t, programOf(f).ReplayWith(f.Deliveries()[0].ID, "webhook_duplicate"))
			require.Equal(t, c.want, f.Deliveries()[0].Status)
		})
	}
}

func TestTheFirstOfSeveralDeliveryFaultsActs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, &receiver{}, hookSecret))
		first := f.Fault(helliotest.WebhookDelivery, helliotest.Nth(1), helliotest.WebhookLose())
		second := f.Fault(helliotest.WebhookDelivery, helliotest.Times(2),
			helliotest.WebhookBadSignature())
		sendTo(t, f, someone)
		f.Advance(5 * time.Second)
		require.Equal(t, []int{1, 0}, []int{first.Hits(), second.Hits()})
		f.Advance(time.Hour)
		require.Equal(t, []int{1, 1}, []int{first.Hits(), second.Hits()})
		attempts := f.Deliveries()[0].Attempts
		require.Equal(t, []string{"webhook_lose", "webhook_bad_signature"},
			[]string{attempts[0].Fault, attempts[1].Fault})
	})
}
