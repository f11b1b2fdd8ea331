package helliotest

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/window"
)

const (
	maxOTPTries = 5  // wrong ones that end a code (decided)
	otpPerIP    = 10 // otp/send a minute and address (decided)
)

// The results of otp/verify.
const (
	otpVerified = "verified"
	otpInvalid  = "invalid"
	otpExpired  = "expired"
)

// OTPCode is a one-time password that would still be accepted.
type OTPCode struct {
	Code      string
	ExpiresAt time.Time // on the fake's clock
	TriesLeft int       // wrong tries until it is dead, at least 1
}

// OTP returns the code that was last sent to a number, with or without "+", or
// to an e-mail address in any case. It fails the test if no code was sent
// there, or if the last one was used, has expired or is out of tries.
func (f *Fake) OTP(destination string) string {
	f.tb.Helper()
	if f.ended() {
		return ""
	}
	found, live := f.LookupOTP(destination)
	if !live {
		f.tb.Fatalf("helliotest: OTP(%s): no code is live there: %s", masked(destination),
			f.whyNoCode(destination))
	}
	return found.Code
}

func (f *Fake) whyNoCode(destination string) string {
	f.tb.Helper()
	defer f.lock()()
	newest := f.world.otps.newest
	code := newest[destinationKey(destination)]
	switch {
	case code == nil && len(newest) == 0:
		return "none was ever sent, nor to any other destination"
	case code == nil:
		return "none was ever sent, though " + plural(len(newest), "other destination") + " got one"
	case code.End != "":
		return "the last one " + code.End
	default:
		return fmt.Sprintf("the last one expired %v ago",
			f.world.clock.Now().Sub(code.Expires).Round(time.Second))
	}
}

// LookupOTP returns the live code of a destination, and reports whether there
// is one.
func (f *Fake) LookupOTP(destination string) (OTPCode, bool) {
	f.tb.Helper()
	defer f.lock()()
	code := f.world.otps.newest[destinationKey(destination)]
	if code == nil || code.End != "" || code.expired(f.world.clock.Now()) {
		return OTPCode{}, false
	}
	return OTPCode{Code: code.Code, ExpiresAt: code.Expires, TriesLeft: f.cfg.follow.otpTries - code.Wrong}, true
}

// WithOTP sets the code of a destination: 4 to 10 digits, whatever length a
// call asks for. It must be sent before it can be verified, and expires like
// any other. The destination is a number, with or without "+", or an e-mail
// address in any case. Two different codes for one destination are an error.
func WithOTP(destination, code string) Option {
	return func(c *config) error {
		_, isNumber := parseNumber(destination)
		switch {
		case !isNumber && !isAddress(destination):
			return fmt.Errorf("WithOTP: %q is neither a number nor an e-mail address", destination)
		case !allDigits(code) || len(code) < contract.MinOTPLength ||
			len(code) > contract.MaxOTPLength:
			return fmt.Errorf("WithOTP: the code %q does not have 4 to 10 digits", code)
		}
		if _, err := c.once("WithOTP "+destinationKey(destination), code); err != nil {
			return fmt.Errorf("WithOTP: the code of %s is %w", masked(destination), err)
		}
		if c.codes == nil {
			c.codes = make(map[string]string)
		}
		c.codes[destinationKey(destination)] = code
		return nil
	}
}

// destinationKey returns the same text for all forms of a destination.
func destinationKey(destination string) string {
	if number, ok := parseNumber(destination); ok {
		return number
	}
	return strings.ToLower(trimmed(destination))
}

// newCode returns the code for a destination: from the seed, unless WithOTP has
// set it. It draws from the seed in both cases, so that the option changes no
// other code.
func (w *world) newCode(to string, length int) string {
	digits := make([]byte, length)
	for i := range digits {
		digits[i] = '0' + byte(w.random.IntN(10))
	}
	if set := w.e.cfg.codes[destinationKey(to)]; set != "" {
		return set
	}
	return string(digits)
}

// otpBook holds the codes, and the windows of their senders.
type otpBook struct {
	codes   []*oneTimeCode          // in the order in which they were sent
	newest  map[string]*oneTimeCode // of each destination
	senders map[netip.Addr]*window.Window
}

// oneTimeCode is a code as the engine and a snapshot keep it.
type oneTimeCode struct {
	To      string // destinationKey of its destination
	Code    string
	Expires time.Time
	Wrong   int    // wrong tries
	End     string // how it ended: "was used", "is out of tries"; "" if it did not
}

func (o *oneTimeCode) expired(now time.Time) bool { return !now.Before(o.Expires) }

// put makes a code the newest of its destination.
func (b *otpBook) put(code *oneTimeCode) {
	if b.newest == nil {
		b.newest = make(map[string]*oneTimeCode)
	}
	b.newest[code.To] = code
	b.codes = append(b.codes, code)
}

// try checks a code. A right one is used up, and so is one whose last try was
// wrong.
func (b *otpBook) try(to, code string, tries int, now time.Time) (status string) {
	newest := b.newest[destinationKey(to)]
	switch {
	case newest == nil || newest.End != "":
		return otpInvalid
	case newest.expired(now):
		return otpExpired
	case newest.Code == code:
		newest.End = "was used"
		return otpVerified
	}
	if newest.Wrong++; newest.Wrong == tries {
		newest.End = "is out of tries"
	}
	return otpInvalid
}

// otpLimit is the limit of otp/send for the caller's address.
func otpLimit(w *world, c *apiCall) bucket {
	if w.otps.senders == nil {
		w.otps.senders = make(map[netip.Addr]*window.Window)
	}
	counted := w.otps.senders[c.ip]
	if counted == nil {
		counted = &window.Window{Length: contract.RateLimitWindow}
		w.otps.senders[c.ip] = counted
	}
	return bucket{counted, w.account.otpLimit}
}

// WithOTPLimit sets the otp/send calls per minute and address, besides the
// token's limit. The default is 10 (decided); 0 is no limit.
func WithOTPLimit(perMinute int) Option {
	return func(c *config) error {
		if perMinute < 0 {
			return fmt.Errorf("WithOTPLimit: %d is negative", perMinute)
		}
		c.account.otpLimit = perMinute
		return nil
	}
}
