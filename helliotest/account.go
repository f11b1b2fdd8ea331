package helliotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
)

// accountState holds all that Update changes but the money.
type accountState struct {
	senders    []string
	rateLimit  int
	otpLimit   int
	allowed    []netip.Prefix
	spendLimit spendCap
	logins     []LoginUser
}

// Account holds the settings and the money that Update changes.
type Account struct {
	Balance     string      `json:"balance"`
	USSDBalance string      `json:"ussd_balance"` // pays for USSD extensions
	Senders     []string    `json:"senders"`
	RateLimit   int         `json:"rate_limit"` // requests per minute and token; 0: no limit
	OTPLimit    int         `json:"otp_limit"`  // otp/send calls per minute and address; 0: no limit
	AllowedIPs  []string    `json:"allowed_ips"`
	SpendLimit  *SpendLimit `json:"spend_limit"` // nil: no limit
}

// AccountChange holds what Update changes. A nil field changes nothing. In JSON
// an unknown field is an error, and a spend_limit of null removes the cap.
type AccountChange struct {
	Balance     *string     `json:"balance"`
	USSDBalance *string     `json:"ussd_balance"`
	Senders     []string    `json:"senders"` // empty but not nil: none is approved
	RateLimit   *int        `json:"rate_limit"`
	OTPLimit    *int        `json:"otp_limit"`
	AllowedIPs  []string    `json:"allowed_ips"` // empty but not nil: open to all
	SpendLimit  *SpendLimit `json:"spend_limit"` // the zero SpendLimit removes the cap
	// adds a user, or replaces the one with this e-mail address
	Login *LoginUser `json:"login"`
}

// changeable holds the names of a change's fields in JSON.
var changeable = []string{
	"balance", "ussd_balance", "senders", "rate_limit", "otp_limit", "allowed_ips", "spend_limit",
	"login",
}

// UnmarshalJSON reads a change strictly: see AccountChange.
func (a *AccountChange) UnmarshalJSON(data []byte) error {
	type plain AccountChange
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	if members == nil {
		return errors.New("a change can't be null")
	}
	for name := range members { // encoding/json would take a name in any case of letters
		if !slices.Contains(changeable, name) {
			return fmt.Errorf("unknown field %q", name)
		}
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode((*plain)(a)); err != nil {
		return err
	}
	for name, value := range members {
		switch null := string(value) == "null"; {
		case null && name == "spend_limit":
			a.SpendLimit = &SpendLimit{}
		case null:
			return fmt.Errorf("%s can't be null", name)
		case name == "spend_limit" && *a.SpendLimit == (SpendLimit{}):
			return errors.New("spend_limit needs a period and an amount")
		}
	}
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads: the fields that change.
func (a AccountChange) MarshalJSON() ([]byte, error) {
	members := make(map[string]any)
	set := func(name string, given bool, value any) {
		if given {
			members[name] = value
		}
	}
	set("balance", a.Balance != nil, a.Balance)
	set("ussd_balance", a.USSDBalance != nil, a.USSDBalance)
	set("senders", a.Senders != nil, a.Senders)
	set("rate_limit", a.RateLimit != nil, a.RateLimit)
	set("otp_limit", a.OTPLimit != nil, a.OTPLimit)
	set("allowed_ips", a.AllowedIPs != nil, a.AllowedIPs)
	set("login", a.Login != nil, a.Login)
	set("spend_limit", a.SpendLimit != nil, a.SpendLimit)
	if a.SpendLimit != nil && *a.SpendLimit == (SpendLimit{}) {
		members["spend_limit"] = nil
	}
	return json.Marshal(members)
}

// Account returns the account.
func (f *Fake) Account() Account {
	f.tb.Helper()
	defer f.lock()()
	a := &f.world.account
	return Account{
		Balance:     f.world.purse.balance.String(),
		USSDBalance: f.world.ussd.balance.String(),
		Senders:     append([]string{}, a.senders...),
		RateLimit:   a.rateLimit,
		OTPLimit:    a.otpLimit,
		AllowedIPs:  prefixTexts(a.allowed),
		SpendLimit:  a.spendLimit.public(),
	}
}

// Update changes the account immediately, for all tokens. An invalid value, or
// a balance below the reserved amount, is an error and changes nothing.
func (f *Fake) Update(change AccountChange) error {
	f.tb.Helper()
	if err := f.ifEnded(); err != nil {
		return err
	}
	defer f.lock()()
	w := f.world
	next, nextFunds, err := change.apply(w.account, funds{w.purse.balance, w.ussd.balance})
	changed := purse{balance: nextFunds.wallet, reserved: w.purse.reserved}
	if err := errors.Join(err, changed.check()); err != nil {
		return err
	}
	w.account = next
	w.purse = changed
	w.ussd.balance = nextFunds.ussd
	return nil
}

// funds are both purses of the account.
type funds struct{ wallet, ussd money }

func (a *AccountChange) apply(acc accountState, has funds) (accountState, funds, error) {
	var errs [5]error
	if a.Balance != nil {
		has.wallet, errs[0] = parseMoney(*a.Balance)
	}
	if a.USSDBalance != nil {
		has.ussd, errs[3] = parseMoney(*a.USSDBalance)
	}
	if a.Senders != nil {
		acc.senders = slices.Clone(a.Senders)
	}
	if a.AllowedIPs != nil {
		acc.allowed, errs[1] = parsePrefixes(a.AllowedIPs)
	}
	if a.SpendLimit != nil {
		acc.spendLimit, errs[2] = newSpendCap(*a.SpendLimit)
	}
	if a.Login != nil {
		acc.logins, errs[4] = withLogin(acc.logins, *a.Login)
	}
	if a.RateLimit != nil {
		acc.rateLimit = *a.RateLimit
	}
	if a.OTPLimit != nil {
		acc.otpLimit = *a.OTPLimit
	}
	return acc, has, errors.Join(errors.Join(errs[:]...), acc.checkLimits())
}

func (a *accountState) checkLimits() error {
	if a.rateLimit < 0 {
		return fmt.Errorf("invalid rate limit: got %d, want 0 or more", a.rateLimit)
	}
	if a.otpLimit < 0 {
		return fmt.Errorf("invalid OTP limit: got %d, want 0 or more", a.otpLimit)
	}
	return nil
}

// parsePrefixes reads CIDR ranges; a bare address is a range of one.
func parsePrefixes(texts []string) ([]netip.Prefix, error) {
	out := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		if addr, err := netip.ParseAddr(text); err == nil {
			out = append(out, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an IP address nor a CIDR range", text)
		}
		out = append(out, prefix.Masked())
	}
	return out, nil
}

func prefixTexts(prefixes []netip.Prefix) []string {
	out := make([]string, 0, len(prefixes))
	for _, p := range prefixes {
		out = append(out, p.String())
	}
	return out
}
