package helliotest

import (
	"net/http"
	"net/netip"
	"time"
)

// savedWorld is a world in a snapshot: everything but faults and calls in
// flight. Times are those of the world's clock.
type savedWorld struct {
	At     time.Time
	Seed   uint64
	Random []byte
	LastID int64

	Senders    []string
	RateLimit  int
	AllowedIPs []string
	SpendLimit *SpendLimit
	Logins     []LoginUser
	Balance    money
	Reserved   money
	SpentToday money
	SpentMonth money

	Tokens     []savedToken
	Keys       []savedKey
	SetCodes   map[string]string // by WithOTP
	OTPLimit   int
	OTPs       []oneTimeCode
	OTPSenders map[netip.Addr]savedWindow
	LoginTries map[string]savedWindow

	Campaigns  []campaignState
	Messages   []savedMessage
	Voices     []voiceCampaign
	Lookups    []savedLookup
	Webhooks   []savedWebhook
	Deliveries []savedDelivery

	USSDBalance money
	Apps        []ussdApp
	Extensions  []savedExtension
	Sessions    []savedSession

	Requests []savedRequest `json:",omitempty"` // in a dump alone
}

type savedWindow struct {
	Start time.Time
	Count int
}

type savedToken struct {
	Token  string
	Scopes []string
	Window savedWindow
}

type savedKey struct {
	Token, Method, Path, Key string
	Call                     int64
	Sent                     string // the body of that call
	Sum                      []byte `json:",omitempty"` // in place of the body
	Status                   int
	Body                     string
	At                       time.Time
}

type savedMessage struct {
	messageState
	Campaign int64 // 0: none
}

type savedLookup struct {
	lookup
	Evicted bool // not listed, but its cost is still reserved
}

type savedWebhook struct {
	webhookState
	Deleted   bool // only its deliveries remember it
	InProcess bool // its URL had a handler
}

type savedDelivery struct {
	deliveryState
	Webhook, Message int64
	InFlight, Held   bool
}

type savedExtension struct {
	extensionState
	App int64 // 0: none
}

type savedSession struct {
	sessionState
	App int64 // 0 = one that was deleted
	Ref string
}

type savedRequest struct {
	loggedState
	Header http.Header `json:",omitempty"`
}
