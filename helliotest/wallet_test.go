package helliotest_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// Prices in ten-thousandths, and the time until each kind is final.
const (
	smsPrice    = 310
	secondPrice = 450
	lookupPrice = 100
	emailPrice  = 50
)

// ledger is a second account of the same money, kept by the test.
type ledger struct {
	balance  int
	reserved int
	pending  []entry
}

// entry is money that is reserved until a time, and then paid or returned.
type entry struct {
	due  time.Time
	cost int
	paid bool
}

func (l *ledger) runTo(now time.Time) {
	l.pending = slices.DeleteFunc(l.pending, func(e entry) bool {
		if e.due.After(now) {
			return false
		}
		l.reserved -= e.cost
		if e.paid {
			l.balance -= e.cost
		}
		return true
	})
}

func (l *ledger) accepts(entries []entry) bool {
	cost := 0
	for _, e := range entries {
		cost += e.cost
	}
	if l.balance-l.reserved < cost {
		return false
	}
	l.reserved += cost
	l.pending = append(l.pending, entries...)
	return true
}

func decimal(amount int) string { return fmt.Sprintf("%d.%04d", amount/10_000, amount%10_000) }

// walletWorld is one random history of an account.
type walletWorld struct {
	t      *testing.T
	random *rand.Rand
	fake   *helliotest.Fake
	keep   int
	ledger ledger
	keys   []keyedSend
}

// keyedSend is a send that was accepted under a key.
type keyedSend struct{ path, body, key string }

// purchase is a call that costs money, and what becomes of the money.
type purchase struct {
	op      helliotest.Op
	path    string
	body    string
	entries func(now time.Time) []entry
	invalid bool // no recipient is left
}

func (w *walletWorld) pick(items ...string) string { return items[w.random.IntN(len(items))] }

func (w *walletWorld) number() string {
	return w.pick(someone, secondPhone, thirdPhone, helliotest.NumberFailed,
		helliotest.NumberUnreachable, "0244123456")
}

func isReached(number string) bool {
	return number != helliotest.NumberFailed && number != helliotest.NumberUnreachable
}

// recipients returns up to three numbers and those of them that are valid.
func (w *walletWorld) recipients() (list string, valid []string) {
	var quoted []string
	for range 1 + w.random.IntN(3) {
		number := w.number()
		quoted = append(quoted, `"`+number+`"`)
		if number[0] != '0' && !slices.Contains(valid, number) {
			valid = append(valid, number)
		}
	}
	return "[" + strings.Join(quoted, ",") + "]", valid
}

// finals are entries of one price for each number, due after a while.
func finals(numbers []string, price int, after time.Duration) func(now time.Time) []entry {
	return func(now time.Time) (all []entry) {
		for _, number := range numbers {
			all = append(all, entry{due: now.Add(after), cost: price, paid: isReached(number)})
		}
		return all
	}
}

func (w *walletWorld) purchase() purchase {
	list, valid := w.recipients()
	o := purchase{invalid: len(valid) == 0}
	switch w.random.IntN(5) {
	case 0:
		o.op = helliotest.SMSSend
		o.path = "/sms/send"
		o.body = `{"recipients":` + list + `,"sender":"HELLIO","message":"Hi"}`
		o.entries = finals(valid, smsPrice, 5*time.Second)
	case 1:
		number := w.number()
		o.op = helliotest.OTPSend
		o.path = "/otp/send"
		o.body = `{"mobile_number":"` + number + `","sender":"HELLIO"}`
		o.invalid = number[0] == '0'
		o.entries = finals([]string{number}, smsPrice, 5*time.Second)
	case 2:
		o.op = helliotest.VoiceSend
		o.path = "/voice/send"
		o.body = `{"recipients":` + list + `,"text":"a text of two seconds"}`
		o.entries = finals(valid, 2*secondPrice, 30*time.Second)
	case 3:
		wait := time.Duration(w.random.IntN(2)) * time.Hour
		at := time.Now().Add(wait).UTC().Truncate(time.Second)
		o.op = helliotest.LookupCreate
		o.path = "/lookup"
		o.body = `{"numbers":` + list + `,"scheduled_at":"` + at.Format("2006-01-02T15:04:05Z") +
			`"}`
		o.entries = func(now time.Time) (all []entry) {
			start := now
			if at.After(now) {
				start = at
			}
			for range valid {
				all = append(all,
					entry{due: start.Add(10 * time.Second), cost: lookupPrice, paid: true})
			}
			return all
		}
	default:
		o.op = helliotest.EmailVerify
		o.path = "/email/verify"
		o.body = `{"emails":["ama@example.com"]}`
		o.invalid = false
		o.entries = func(now time.Time) []entry {
			return []entry{{due: now, cost: emailPrice, paid: true}}
		}
	}
	return o
}

// walletFault is a fault for the next call: whether the call acts, and whether
// all that it sends fails.
type walletFault struct {
	rule  helliotest.Rule
	acts  bool
	fails bool
}

func (w *walletWorld) fault() *walletFault {
	faults := []walletFault{
		{rule: helliotest.LoseRequest()},
		{rule: helliotest.ResetConnection()},
		{rule: helliotest.Status(503, "service_unavailable")},
		{rule: helliotest.RateLimited(time.Second)},
		{rule: helliotest.LoseReply(), acts: true},
		{rule: helliotest.TruncateBody(7), acts: true},
		{rule: helliotest.NotJSON(), acts: true},
		{rule: helliotest.Delay(2 * time.Second), acts: true},
		{rule: helliotest.CarrierFail(), acts: true, fails: true},
	}
	if i := w.random.IntN(2 * len(faults)); i < len(faults) {
		return &faults[i]
	}
	return nil
}

func (w *walletWorld) call(path, body string, header ...string) {
	_, err := newAPI(w.t, w.fake).try(http.MethodPost, path, body, header...)
	for _, known := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET} {
		if errors.Is(err, known) {
			return
		}
	}
	require.NoError(w.t, err)
}

func (w *walletWorld) send() {
	o := w.purchase()
	fault := w.fault()
	key := fmt.Sprint(w.random.Uint64())
	if fault != nil {
		w.fake.Fault(o.op, helliotest.Nth(1), fault.rule)
	}
	w.call(o.path, o.body, "Idempotency-Key", key)
	w.ledger.runTo(time.Now())
	if o.invalid || fault != nil && !fault.acts {
		return
	}
	entries := o.entries(time.Now())
	for i := range entries {
		if fault != nil && fault.fails && o.op != helliotest.EmailVerify {
			entries[i].paid = false
		}
	}
	if w.ledger.accepts(entries) &&
		slices.Contains([]helliotest.Op{
			helliotest.SMSSend, helliotest.OTPSend, helliotest.VoiceSend,
		}, o.op) {
		w.keys = append(w.keys, keyedSend{o.path, o.body, key})
	}
}

// repeat sends one of the newest keyed calls again. Retention keeps more keys.
func (w *walletWorld) repeat() {
	if len(w.keys) > 0 {
		k := w.keys[len(w.keys)-1]
		w.call(k.path, k.body, "Idempotency-Key", k.key)
	}
}

func (w *walletWorld) restart() {
	taken, err := w.fake.Snapshot()
	require.NoError(w.t, err)
	w.fake = helliotest.New(w.t, helliotest.FromSnapshot(taken), helliotest.WithRetention(w.keep),
		helliotest.AllowUnusedFaults())
}

// update sets the balance, and must be refused below what is reserved.
func (w *walletWorld) update() {
	amount := w.random.IntN(5000)
	text := decimal(amount)
	err := w.fake.Update(helliotest.AccountChange{Balance: &text})
	require.Equal(w.t, amount < w.ledger.reserved, err != nil)
	if err == nil {
		w.ledger.balance = amount
	}
}

func (w *walletWorld) step() {
	switch w.random.IntN(16) {
	case 0:
		w.fake.Advance(time.Duration(w.random.IntN(20)) * time.Second)
	case 1:
		w.fake.Advance(time.Duration(w.random.IntN(60)) * time.Minute)
	case 2:
		w.restart()
	case 3:
		w.update()
	case 4, 5:
		w.repeat()
	default:
		w.send()
	}
	w.ledger.runTo(time.Now())
	require.Equal(w.t, helliotest.Wallet{
		Balance:   decimal(w.ledger.balance),
		Available: decimal(w.ledger.balance - w.ledger.reserved),
		Reserved:  decimal(w.ledger.reserved),
		Currency:  "GHS",
	}, w.fake.Balance())
}

func TestMoneyIsConservedInRandomWorlds(t *testing.T) {
	t.Parallel()
	const operations = 250
	for seed := range walletWorlds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &walletWorld{
					t:      t,
					random: rand.New(rand.NewPCG(uint64(seed), 1)),
					keep:   seed % 4, // 0 keeps all
					ledger: ledger{balance: 10_000},
				}
				w.fake = helliotest.New(t,
					helliotest.WithBalance("1"),
					helliotest.WithRateLimit(0),
					helliotest.WithOTPLimit(0),
					helliotest.WithRetention(w.keep),
					helliotest.AllowUnusedFaults())
				for range operations {
					w.step()
				}
				w.fake.Advance(3 * time.Hour)
				w.ledger.runTo(time.Now())
				require.Zero(t, w.ledger.reserved)
				require.Equal(t, decimal(w.ledger.balance), w.fake.Balance().Available)
			})
		})
	}
}
