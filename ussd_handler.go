package hellio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/hellio-go/hellio/internal/contract"
)

// USSDRequest is one step of a session: what a user dialled or typed
// (inferred). Keep what you need between steps under SessionID. A session may
// end without a last step.
type USSDRequest struct {
	SessionID   string `json:"sessionId"`   // never ""
	MSISDN      string `json:"msisdn"`      // the number that dialled
	ServiceCode string `json:"serviceCode"` // such as "*920#"
	// Input is what the user typed in this step alone; "" in the first one.
	Input    string   `json:"input"`
	Sequence int      `json:"sequence"` // number of the step, from 1; 0 if unknown
	Mode     USSDMode `json:"mode"`
}

// USSDReply is what the phone shows, and whether the session continues. Make it
// with ContinueUSSD or EndUSSD.
type USSDReply struct {
	// Message is sent unchanged. A phone shows 182 characters; a longer text is
	// logged as a warning.
	Message string     `json:"message"`
	Action  USSDAction `json:"action"`
}

// ContinueUSSD returns a reply that shows a message and waits for input.
func ContinueUSSD(message string) *USSDReply {
	return &USSDReply{Message: message, Action: USSDContinue}
}

// EndUSSD returns a reply that shows a message and ends the session.
func EndUSSD(message string) *USSDReply {
	return &USSDReply{Message: message, Action: USSDEnd}
}

// USSDOption configures the handler of NewUSSDHandler.
type USSDOption func(*USSDHandler) error

// WithUSSDLogger sets the logger for refused steps and messages that are too
// long, at warn, and for failures and panics of the handler, at error. It masks
// numbers, and logs neither input nor message nor secret. nil: slog.Default().
func WithUSSDLogger(l *slog.Logger) USSDOption {
	return func(h *USSDHandler) error {
		h.logger = l
		return nil
	}
}

// USSDHandler is the http.Handler of an app's callback URL. Make it with
// NewUSSDHandler: the zero value and a nil handler respond 500 to every
// request. It is safe for concurrent use.
type USSDHandler struct {
	secrets signingSecrets
	logger  *slog.Logger
	handle  func(context.Context, *USSDRequest) (*USSDReply, error)
}

// NewUSSDHandler returns an http.Handler for the callback URL of an app. It
// verifies X-Hellio-Signature, made over the body with the secret of the app's
// mode (inferred), decodes the step, and responds with the reply of handle.
// Pass several secrets for an app in both modes, or during rotation. To keep
// test steps away from live data, use one handler per mode with the secret of
// that mode.
//
// That signature has no timestamp: an attacker who has captured a step can
// replay it. Before a step moves money, check by SessionID and Sequence that
// it is new.
//
// Respond within 10 seconds (decided: the API's limit is not published). The
// context of handle ends with the request. Responses other than the reply have
// no detail: 400 malformed; 401 signature refused; 405 not POST; 413 above 1
// MiB. A 500 means that handle failed, panicked or returned an invalid reply.
// The phone then shows a general message, and the session ends (decided). The
// handler reads no body without its signature header. Set ReadTimeout on the
// http.Server, because anyone can send a header and a slow body.
//
// Secrets are as for ParseWebhook. Bad secrets or options, and a nil handle,
// are a *ParamError.
func NewUSSDHandler(
	secrets []string,
	handle func(context.Context, *USSDRequest) (*USSDReply, error),
	opts ...USSDOption,
) (*USSDHandler, error) {
	if err := checkSecrets(secrets); err != nil {
		return nil, err
	}
	if handle == nil {
		return nil, &ParamError{Field: "handle", Given: "nil", Allowed: "a function"}
	}
	h := &USSDHandler{secrets: keepSecrets(secrets), handle: handle}
	for _, opt := range opts {
		if opt == nil {
			return nil, &ParamError{Field: "option", Given: "nil", Allowed: "a USSDOption"}
		}
		if err := opt(h); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// ServeHTTP implements http.Handler.
func (h *USSDHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h == nil || h.handle == nil {
		refuseUnmade(w, r, "USSDHandler")
		return
	}
	step, err := h.read(w, r)
	if err != nil {
		refuse(w, r, h.logger, "hellio: USSD step refused", err)
		return
	}
	body, err := h.answer(r.Context(), step)
	if err != nil {
		logFailure(r.Context(), h.logger, slog.LevelError,
			"hellio: USSD step not handled", err, slog.Any("step", step))
		respondStatus(w, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // fails only if the API has hung up
}

// read returns the step of a request that the API signed.
func (h *USSDHandler) read(w http.ResponseWriter, r *http.Request) (*USSDRequest, error) {
	var sig deliverySignature
	body, err := readDelivery(w, r, func(headers http.Header) error {
		values, err := signatureHeaders(headers)
		if err == nil {
			sig, err = signatureIn(values, contract.HeaderSignature)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := sig.verify(body, h.secrets()); err != nil {
		return nil, err
	}
	return parseStep(body)
}

// answer calls the user's function and returns the body of the response.
func (h *USSDHandler) answer(ctx context.Context, step *USSDRequest) ([]byte, error) {
	var reply *USSDReply
	err := guard(func() (err error) {
		reply, err = h.handle(ctx, step)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := reply.check(); err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(reply.Message) > contract.MaxUSSDInput {
		err := fmt.Errorf("got %s, want at most %d",
			characters(reply.Message), contract.MaxUSSDInput)
		logFailure(ctx, h.logger, slog.LevelWarn,
			"hellio: USSD message too long", err, slog.Any("step", step))
	}
	return json.Marshal(reply)
}

func (r *USSDReply) check() error {
	switch {
	case r == nil:
		return errors.New("the reply is nil")
	case r.Action != USSDContinue && r.Action != USSDEnd:
		return errors.New("the reply's action is neither continue nor end")
	case !utf8.ValidString(r.Message):
		return errors.New("the reply's message is not valid UTF-8")
	default:
		return nil
	}
}

// parseStep decodes a body whose signature is valid. It is stricter than
// parseEvent, because an input that is read wrongly may move money.
func parseStep(body []byte) (*USSDRequest, error) {
	members, err := parseMembers(body)
	if err != nil {
		return nil, err
	}
	var mode, sequence string
	step := &USSDRequest{}
	for name, field := range map[string]*string{
		"sessionId":   &step.SessionID,
		"msisdn":      &step.MSISDN,
		"serviceCode": &step.ServiceCode,
		"input":       &step.Input,
		"mode":        &mode,
		"sequence":    &sequence,
	} {
		if *field, err = scalarText(members[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	step.Mode = USSDMode(mode)
	if step.SessionID == "" {
		return nil, errors.New("sessionId is missing or empty")
	}
	if sequence != "" {
		if step.Sequence, err = strconv.Atoi(sequence); err != nil {
			return nil, errors.New("sequence is not an integer")
		}
	}
	return step, nil
}

// Format prints the step without the full number and the input, for every verb.
func (r USSDRequest) Format(f fmt.State, _ rune) { r.redacted().format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (r USSDRequest) LogValue() slog.Value { return r.redacted().logValue() }

func (r USSDRequest) redacted() redacted {
	return redacted(fmt.Sprintf(
		"USSDRequest{session %s, step %d, mode %s, number %s, input of %s}",
		maskNumbers(r.SessionID),
		r.Sequence,
		shownCode(string(r.Mode)),
		maskNumbers(r.MSISDN),
		characters(r.Input),
	))
}

// Format prints the reply without its message, for every verb.
func (r USSDReply) Format(f fmt.State, _ rune) { r.redacted().format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (r USSDReply) LogValue() slog.Value { return r.redacted().logValue() }

func (r USSDReply) redacted() redacted {
	return redacted(fmt.Sprintf(
		"USSDReply{%s, message of %s}",
		shownCode(string(r.Action)),
		characters(r.Message),
	))
}
