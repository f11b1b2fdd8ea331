package helliotest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
)

// DefaultToken is the Bearer token of a Fake made without WithToken. It has
// every scope.
const DefaultToken = "hellio_test"

// Option configures a new Fake. New fails the test for an invalid value, and
// Start returns the error.
type Option func(*config) error

// config is what the options set. Reset restores it.
type config struct {
	account      accountState
	balance      money
	ussd         ussdConfig
	tokens       []grant
	seed         uint64
	latency      time.Duration
	lenient      bool
	strictKeys   bool
	follow       follow
	unusedFaults bool
	codes        map[string]string // by destination, from WithOTP
	retention    int               // 0 = everything is kept
	webhooks     []endpoint
	hookHandlers map[string]http.Handler // by URL
	urls         []namedURL

	httpCallbacks bool
	snapshot      *savedWorld       // nil = a new account
	given         map[string]string // options that may not contradict each other
}

// grant is a token's text and scopes.
type grant struct {
	token  string
	scopes []string
}

func newConfig(opts []Option) (config, error) {
	cfg := config{
		balance: 100 * moneyUnit,
		account: accountState{
			senders:   []string{"HELLIO", "ACME", "HellioSMS"},
			rateLimit: unset,
			otpLimit:  unset,
		},
		follow: defaultFollow(),
	}
	for _, opt := range opts {
		if err := opt(&cfg); err != nil {
			return cfg, err
		}
	}
	if err := cfg.checkURLs(); err != nil {
		return cfg, err
	}
	cfg.follow.limits(&cfg.account)
	if cfg.tokens == nil {
		cfg.tokens = []grant{{DefaultToken, []string{contract.ScopeAll}}}
	}
	return cfg, nil
}

// WithToken adds a Bearer token, in place of DefaultToken. Without scopes it
// has every scope; with an empty list that is not nil, as in WithToken(t,
// list...), it has none. An unknown scope is an error, and so is one token with
// two different lists.
func WithToken(token string, scopes ...string) Option {
	return func(c *config) error {
		if token == "" {
			return errors.New("WithToken: the token is empty")
		}
		scopes, err := checkScopes(scopes)
		if err != nil {
			return err
		}
		known, err := c.once("WithToken "+token,
			strings.Join(slices.Sorted(slices.Values(scopes)), " "))
		switch {
		case err != nil:
			return errors.New("WithToken: one token has two different lists of scopes")
		case !known:
			c.tokens = append(c.tokens, grant{token, scopes})
		}
		return nil
	}
}

// errTwice is the error of an option that contradicts an earlier one.
var errTwice = errors.New("given twice with different values")

// once notes the value of an option. It reports whether the option came before
// with this value, and returns errTwice if it came with another.
func (c *config) once(option, value string) (known bool, err error) {
	before, known := c.given[option]
	if known && before != value {
		return true, errTwice
	}
	if c.given == nil {
		c.given = make(map[string]string)
	}
	c.given[option] = value
	return known, nil
}

// WithBalance sets the wallet's balance, a decimal with at most four decimals:
// "100", "0.0310". Default 100.0000.
func WithBalance(amount string) Option {
	return func(c *config) (err error) {
		c.balance, err = parseMoney(amount)
		return err
	}
}

// WithSenders sets the approved sender names, in place of HELLIO, ACME and
// HellioSMS. Without names every sender is refused. Names are case-sensitive
// (decided).
func WithSenders(names ...string) Option {
	return func(c *config) error {
		c.account.senders = slices.Clone(names)
		return nil
	}
}

// WithRateLimit sets the requests per minute and token. The default is 120
// (documented). With 0 there is no limit, and answers have no X-RateLimit
// headers.
func WithRateLimit(perMinute int) Option {
	return func(c *config) error {
		if perMinute < 0 {
			return fmt.Errorf("WithRateLimit: %d is negative", perMinute)
		}
		c.account.rateLimit = perMinute
		return nil
	}
}

// WithAllowedIPs sets the addresses or CIDR ranges of callers; any other gets
// 403 ip_not_allowed. Without ranges all are allowed. In process, the caller's
// address is 127.0.0.1.
func WithAllowedIPs(cidrs ...string) Option {
	return func(c *config) (err error) {
		c.account.allowed, err = parsePrefixes(cidrs)
		return err
	}
}

// WithSpendLimit sets what the account may spend per calendar day ("daily") or
// month ("monthly"), in UTC. A call above the limit gets 403
// spend_limit_exceeded.
func WithSpendLimit(period, amount string) Option {
	return func(c *config) (err error) {
		c.account.spendLimit, err = newSpendCap(SpendLimit{Period: period, Amount: amount})
		return err
	}
}

// WithSeed sets the seed of all random values: references, tokens and codes.
// The same seed and calls lead to the same values. The default is 0.
func WithSeed(seed uint64) Option {
	return func(c *config) error {
		c.seed = seed
		return nil
	}
}

// WithLatency sets how long each answer takes to arrive, in package time. The
// call takes effect before that, even if its caller has stopped waiting.
func WithLatency(d time.Duration) Option {
	return func(c *config) error {
		if d < 0 {
			return fmt.Errorf("WithLatency: %v is negative", d)
		}
		c.latency = d
		return nil
	}
}

// Lenient lets a test pass despite violations: unknown routes and fields, and
// fields of the wrong type. Prefer ExpectRejected, which counts them.
func Lenient() Option {
	return func(c *config) error {
		c.lenient = true
		return nil
	}
}

// AllowUnusedFaults lets a test pass although a fault was never hit.
func AllowUnusedFaults() Option {
	return func(c *config) error {
		c.unusedFaults = true
		return nil
	}
}

func checkScopes(scopes []string) ([]string, error) {
	if scopes == nil {
		return []string{contract.ScopeAll}, nil
	}
	known := contract.Scopes()
	for _, s := range scopes {
		if s != contract.ScopeAll && !slices.Contains(known, s) {
			return nil, fmt.Errorf("unknown scope %q", s)
		}
	}
	return slices.Clone(scopes), nil
}
