package main

import (
	"regexp"
	"strconv"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/control"
)

// What has become of a one-time password.
const (
	codeLive     = "live"
	codeExpired  = "expired"
	codeReplaced = "replaced"
	codeEnded    = "ended" // used, or out of tries
)

// codeView is the one-time password in a message.
type codeView struct {
	Code      string `json:"code"`
	State     string `json:"state"`
	SentAt    string `json:"sent_at"`
	ExpiresAt string `json:"expires_at"`
	TriesLeft int    `json:"tries_left"` // 0 unless live
}

// codeText is the text by which otp/send sends a code.
var codeText = regexp.MustCompile(`^([0-9]{4,` +
	`10}) is your verification code\. It expires in ([0-9]+) minutes?\.$`)

// viewCode returns the one-time password in a message, or nil. A message that
// belongs to a campaign is none, whatever its text.
func viewCode(w *world, m helliotest.Message) *codeView {
	parts := codeText.FindStringSubmatch(m.Message)
	if parts == nil || m.CampaignID != 0 {
		return nil
	}
	minutes, _ := strconv.Atoi(parts[2])
	expires := m.CreatedAt.Add(time.Duration(minutes) * time.Minute)
	view := &codeView{
		Code:      parts[1],
		SentAt:    m.CreatedAt.Format(preciseTime),
		ExpiresAt: expires.Format(preciseTime),
	}
	live, isLive := w.fake.LookupOTP(m.MobileNumber)
	switch {
	case !w.fake.Now().Before(expires):
		view.State = codeExpired
	case isLive && live.Code == view.Code && live.ExpiresAt.Sub(expires).Abs() < time.Second:
		view.State, view.TriesLeft = codeLive, live.TriesLeft
	case replaced(w.engine, m):
		view.State = codeReplaced
	default:
		view.State = codeEnded
	}
	return view
}

// replaced reports whether a later code went to the same destination.
func replaced(e engine, m helliotest.Message) bool {
	for id := m.ID; ; {
		later, found := e.OldestMessage(helliotest.To(m.MobileNumber), helliotest.After(id))
		if !found || later.CampaignID == 0 {
			return found
		}
		id = later.ID
	}
}

// maxShown is how much of a refused call's body is shown, in bytes.
const maxShown = 4 << 10

// refusedCall returns the last call that was refused or that violated, or nil.
func refusedCall(e engine) *control.Exchange {
	call, refused := e.RefusedCall()
	if !refused {
		return nil
	}
	call.Body = call.Body[:min(len(call.Body), maxShown)]
	shown := e.Exchange(call)
	return &shown
}

// viewExchange returns nil for a message that was not made by a call of this
// run.
func viewExchange(e engine, messageID int64) *control.Exchange {
	call, known := e.Origin(messageID)
	if !known {
		return nil
	}
	shown := e.Exchange(call)
	return &shown
}
