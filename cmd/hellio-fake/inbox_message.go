package main

import (
	"net/http"
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

// exchangeView is a call and its answer.
type exchangeView struct {
	ID             int64             `json:"id"`
	Op             string            `json:"op"` // "" = an unknown route
	Method         string            `json:"method"`
	Path           string            `json:"path"`
	Query          string            `json:"query"`
	Scope          string            `json:"scope"` // that the operation needs; "" = none
	Status         int               `json:"status"`
	IdempotencyKey *string           `json:"idempotency_key"`
	Replayed       bool              `json:"replayed"`
	Charge         string            `json:"charge"`
	RequestBody    string            `json:"request_body"`
	RequestSize    int               `json:"request_size"`
	ResponseBody   string            `json:"response_body"`
	ResponseSize   int               `json:"response_size"`
	At             control.Time      `json:"at"`
	Code           string            `json:"code"`    // the error code of the answer
	Headers        map[string]string `json:"headers"` // without the token
	Fault          *string           `json:"fault"`
	Violations     []string          `json:"violations"` // the text of each
}

// maxShown is how much of a refused call's body is shown, in bytes.
const maxShown = 4 << 10

// refusedCall is the last call that was refused or that violated, or nil.
func refusedCall(e engine) *exchangeView {
	call, refused := e.RefusedCall()
	if !refused {
		return nil
	}
	call.Body = call.Body[:min(len(call.Body), maxShown)]
	return newExchangeView(e, call)
}

// viewExchange is nil for a message that was not made by a call of this run.
func viewExchange(e engine, messageID int64) *exchangeView {
	call, known := e.Origin(messageID)
	if !known {
		return nil
	}
	return newExchangeView(e, call)
}

func newExchangeView(e engine, call helliotest.Request) *exchangeView {
	view := &exchangeView{
		ID:             call.ID,
		Op:             string(call.Op),
		Method:         call.Method,
		Path:           call.Path,
		Query:          call.Query.Encode(),
		Scope:          e.Scopes()[string(call.Op)],
		Status:         call.Status,
		IdempotencyKey: control.OrNull(call.IdempotencyKey),
		Replayed:       call.Replayed,
		Charge:         call.Charge,
		RequestBody:    string(call.Body),
		RequestSize:    call.BodySize,
		ResponseBody:   string(call.ResponseBody),
		ResponseSize:   call.ResponseSize,
		At:             control.At(call.At),
		Code:           call.Code,
		Headers:        map[string]string{},
		Violations:     append([]string{}, call.Violations...),
		Fault:          control.OrNull(call.Fault),
	}
	for name := range call.Header {
		if name != http.CanonicalHeaderKey("Authorization") {
			view.Headers[name] = call.Header.Get(name)
		}
	}
	return view
}
