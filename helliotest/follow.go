package helliotest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/behaviour"
	"github.com/hellio-go/hellio/internal/contract"
)

// Observed is what an observation file says of a claim.
type Observed struct {
	Result  string `json:"result"`  // confirmed or refuted
	Applied bool   `json:"applied"` // the fake follows the observation
}

// follow is what an observation file may change. Reset keeps it.
type follow struct {
	observed map[string]Observed
	warnings []string // for the test's log

	success  map[string]int // status by operation
	refusals map[behaviour.Refusal]behaviour.Refusal
	route    *behaviour.Refusal // of an unknown route
	orders   map[string][]string
	fields   map[string]behaviour.Fields // by object

	rateLimit     int
	otpLimit      int
	loginTries    int
	otpLength     int
	otpExpiry     int // minutes
	otpTries      int
	disableAfter  int
	keyLifetime   time.Duration
	attempts      []time.Duration
	keepErrors    bool // under an idempotency key
	refuseOther   bool // the same key with another body
	minuteWindows bool
	refusePages   bool // a per_page above the most
	leadingZero   bool
}

func defaultFollow() follow {
	return follow{
		rateLimit:    contract.DefaultRateLimit,
		otpLimit:     otpPerIP,
		loginTries:   loginsPerMinute,
		otpLength:    defaultOTPLength,
		otpExpiry:    defaultOTPExpiry,
		otpTries:     maxOTPTries,
		disableAfter: maxFailures,
		keyLifetime:  keyLifetime,
		attempts:     retryOffsets(),
	}
}

// WithObservations makes the fake follow an observation file of hellio-verify
// where the real API was seen to differ: statuses and codes, the order of
// checks, the form of the rate window, limits, lifetimes, the delays of
// webhooks, and members that are absent, null or numbers. The test's log lists
// what it can't follow. Other options, such as WithOTPLimit, win over the file.
// A malformed or newer file, one that contradicts itself, and a second file are
// errors, which name the place. A snapshot does not hold the observations.
func WithObservations(file []byte) Option {
	return func(c *config) error {
		read, unknown, err := behaviour.ReadObservations(file)
		if err != nil {
			return fmt.Errorf("WithObservations: %w", err)
		}
		if c.follow.observed != nil {
			return fmt.Errorf("WithObservations: %w", errTwice)
		}
		for _, id := range unknown {
			c.follow.warn("observations: unknown claim " + id)
		}
		return c.follow.all(read.Observations)
	}
}

// all applies observations.
func (f *follow) all(observations []behaviour.Observation) error {
	f.observed = make(map[string]Observed)
	for _, o := range observations {
		if o.Result != behaviour.Confirmed && o.Result != behaviour.Refuted {
			continue
		}
		applied := o.Result == behaviour.Confirmed
		claim, _ := behaviour.Find(o.ID)
		if o.Result == behaviour.Refuted && o.Value != nil && claim.Follow.Possible() {
			value, err := claim.Follow.Parse(o.Value)
			if err != nil {
				return fmt.Errorf("WithObservations: %s: %w", o.ID, err)
			}
			f.apply(claim, value)
			applied = true
		}
		if !applied {
			f.warn("observed, not followed: " + o.ID)
		}
		f.observed[o.ID] = Observed{o.Result, applied}
	}
	return nil
}

func (f *follow) warn(text string) {
	if !slices.Contains(f.warnings, text) {
		f.warnings = append(f.warnings, text)
	}
}

// apply follows one refuted claim.
func (f *follow) apply(claim behaviour.Behaviour, value any) {
	chapter, aspect, _ := strings.Cut(claim.ID, ".")
	switch v := value.(type) {
	case behaviour.Refusal:
		f.refuse(claim, v)
	case behaviour.Fields:
		setIn(&f.fields, chapter, v)
	case []string:
		setIn(&f.orders, chapter, v)
	case []time.Duration:
		f.attempts = v
	case time.Duration:
		f.keyLifetime = v
	case string:
		f.choose(claim.ID)
	case int:
		if aspect == "success" {
			setIn(&f.success, chapter, v)
		} else {
			f.limit(claim.ID, v)
		}
	}
}

func (f *follow) refuse(claim behaviour.Behaviour, seen behaviour.Refusal) {
	if claim.ID == "error.route" {
		f.route = &seen
		return
	}
	usual, _ := claim.Follow.Refusal()
	setIn(&f.refusals, usual, seen)
}

// choose follows a choice: of the two values the other one is the default.
func (f *follow) choose(id string) {
	switch id {
	case "idempotency.other_body":
		f.refuseOther = true
	case "idempotency.kept":
		f.keepErrors = true
	case "ratelimit.window":
		f.minuteWindows = true
	case "page.maximum":
		f.refusePages = true
	case "number.leading_zero":
		f.leadingZero = true
	}
}

func (f *follow) limit(id string, n int) {
	switch id {
	case "ratelimit.requests":
		f.rateLimit = n
	case "otp.requests":
		f.otpLimit = n
	case "login.tries":
		f.loginTries = n
	case "otp.length":
		f.otpLength = n
	case "otp.expiry":
		f.otpExpiry = n
	case "otp.tries":
		f.otpTries = n
	case "webhook.disable_after":
		f.disableAfter = n
	}
}

func setIn[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = make(map[K]V)
	}
	(*m)[key] = value
}

// unset marks a limit that no option has set.
const unset = -1

// limits sets the limits that no option has set.
func (f *follow) limits(a *accountState) {
	if a.rateLimit == unset {
		a.rateLimit = f.rateLimit
	}
	if a.otpLimit == unset {
		a.otpLimit = f.otpLimit
	}
}

// checkStep is a check of a call.
type checkStep struct {
	name   string // in the orders of observations
	refuse func() *reply
}

// refusal runs the checks of a call: in the observed order, or else in the
// given one.
func (c *apiCall) refusal(form *bodyForm, steps ...checkStep) *reply {
	if form.bad != nil {
		return form.bad
	}
	if order := c.e.cfg.follow.orders[c.route.op.Name]; order != nil {
		slices.SortStableFunc(steps, func(a, b checkStep) int {
			return cmp.Compare(slices.Index(order, a.name), slices.Index(order, b.name))
		})
	}
	for _, s := range steps {
		if bad := s.refuse(); bad != nil {
			return bad
		}
	}
	return nil
}
