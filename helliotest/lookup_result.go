package helliotest

// lookupResult is what a completed lookup found; its zero value is null in each
// member.
type lookupResult struct {
	Valid     *bool   `json:"valid"`
	Reachable *bool   `json:"reachable"`
	Ported    *bool   `json:"ported"`
	Roaming   *bool   `json:"roaming"`
	Network   *string `json:"network"`
	Country   *string `json:"country"`
	MCC       *string `json:"mcc"`
	MNC       *string `json:"mnc"`
}

// ghana is the mobile country code of all networks that the fake knows.
const ghana = "620"

// networkCodes are the mobile network codes in it, by a network's slug.
var networkCodes = map[string]string{"mtn": "01", "telecel": "02", "at": "03"}

// lookupResultOf returns what the networks know of a number: valid, reachable,
// at home and with the network of its first digits, unless it is one of the
// magic ones. For an invalid number nothing else is known, and for an
// unreachable phone roaming is unknown.
func lookupResultOf(number string) lookupResult {
	f := lookupResult{
		Valid:     is(true),
		Reachable: is(true),
		Ported:    is(false),
		Roaming:   is(false),
	}
	home := networkOf(number)
	switch magicOf(number) {
	case magicInvalid:
		return lookupResult{Valid: is(false), Reachable: is(false)}
	case magicUnreachable:
		f.Reachable, f.Roaming = is(false), nil
		home = &networks[0]
	case magicPorted:
		f.Ported = is(true)
		home = &networks[1] // not the first, where the other magic numbers are
	case magicDelivered, magicFailed:
		home = &networks[0]
	}
	f.on(home)
	return f
}

// on names the network; nil is one that is not known.
func (f *lookupResult) on(n *network) {
	if n == nil {
		return
	}
	mcc, mnc := ghana, networkCodes[n.slug]
	f.Network = &n.name
	f.Country = &n.country
	f.MCC = &mcc
	f.MNC = &mnc
}

func is(value bool) *bool { return &value }
