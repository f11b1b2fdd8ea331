package helliotest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/signature"
)

const (
	actionContinue = "continue"
	actionEnd      = "end"

	// failureText is what a phone shows after an unusable answer of the
	// callback (decided).
	failureText = "This service is not available. Please try again later."
)

func ussdSimulateRoutes() []apiRoute {
	return []apiRoute{ussdRoute(contract.USSDSimulate, simulate)}
}

var errNoUSSDHandler = errors.New("a USSD callback was due in a synctest bubble, where a real " +
	"socket would stop the clock for ever; " +
	"give the app's callback URL a handler with WithUSSDHandler")

// ussdStep is one step, as it was asked for.
type ussdStep struct {
	appID, ref, msisdn, input, serviceCode string
	fresh                                  bool // begin a session in any case
	named                                  bool // the caller gave the session's id
}

func readStep(c *apiCall) (ussdStep, *reply) {
	form := c.form()
	s := ussdStep{
		appID: form.text("app_id", 0),
		ref:   form.optional("session_id", contract.MaxUSSDSessionID),
	}
	s.msisdn = form.text("msisdn", contract.MaxNumberLength)
	s.input = form.optional("input", contract.MaxUSSDInput)
	s.fresh = form.flag("new_session", false)
	s.serviceCode = form.optional("service_code", contract.MaxUSSDServiceCode)
	s.named = s.ref != ""
	if !s.named && !s.fresh && form.errors["session_id"] == nil {
		form.fail("session_id", "The :field field is required unless new session is true.")
	}
	return s, form.reject()
}

func simulate(w *world, c *apiCall) *reply {
	step, bad := readStep(c)
	if bad != nil {
		return bad
	}
	app := byUUID(&w.ussd.apps, step.appID)
	if app == nil {
		return refuse(http.StatusUnprocessableEntity, contract.CodeUnknownApp,
			"There is no such app.")
	}
	session, bad := w.session(app, &step)
	if bad != nil {
		return bad
	}
	session.Steps++
	session.busy = true
	answer, err := c.ask(session, step.input)
	status := sessionActive
	switch {
	case err != nil:
		if errors.Is(err, errNoSocket) && c.e.misuse == nil {
			c.e.misuse = errNoUSSDHandler
		}
		c.e.warn("USSD callback: " + err.Error())
		answer, status = ussdAnswer{failureText, actionEnd}, sessionFailed
	case answer.action == actionEnd:
		status = sessionEnded
	}
	if n := utf8.RuneCountInString(answer.message); n > contract.MaxUSSDInput {
		c.e.warn(fmt.Sprintf("USSD callback: a message of %d characters; a phone shows %d", n,
			contract.MaxUSSDInput))
	}
	w.answered(session, status)
	return okReply(http.StatusOK, answer.body(session, step.named))
}

// session finds the session that a step belongs to, or begins it.
func (w *world) session(app *ussdApp, step *ussdStep) (*ussdSession, *reply) {
	if !step.named {
		step.ref = w.newReference().String()
	}
	dialog := ussdDialog{app, step.ref}
	known := w.ussd.sessions.byDialog[dialog]
	switch {
	case known == nil || step.fresh:
		s := &ussdSession{
			sessionState: sessionState{MSISDN: step.msisdn, ServiceCode: step.serviceCode},
			dialog:       dialog,
		}
		if s.ServiceCode == "" {
			s.ServiceCode = sharedShortCode
		}
		w.begin(s)
		return s, nil
	case known.Status != sessionActive:
		return nil,
			refuse(http.StatusUnprocessableEntity, contract.CodeInvalidRequest,
				"The session is over.")
	case known.busy:
		return nil,
			refuse(http.StatusUnprocessableEntity, contract.CodeInvalidRequest,
				"The session's last step has not been answered yet.")
	}
	return known, nil
}

// ask sends a step to the app's callback, without the engine's lock.
func (c *apiCall) ask(s *ussdSession, input string) (answer ussdAnswer, err error) {
	body, err := json.Marshal(struct {
		SessionID   string `json:"sessionId"`
		MSISDN      string `json:"msisdn"`
		ServiceCode string `json:"serviceCode"`
		Input       string `json:"input"`
		Sequence    int    `json:"sequence"`
		Mode        string `json:"mode"`
	}{s.dialog.ref, s.MSISDN, s.ServiceCode, input, s.Steps, modeTest})
	if err != nil {
		return answer, err
	}
	app, life := s.dialog.app, c.e.tasks.context()
	p := posting{
		url:     app.Callback,
		handler: c.e.cfg.ussd.handlers[app.Callback],
		body:    body,
		header: http.Header{
			contract.HeaderSignature: {signature.Body(app.TestSecret, body)},
		},
	}
	c.outside(func() { answer, err = c.e.askCallback(life, p) })
	c.e.runDue()
	return answer, err
}

func (e *engine) askCallback(ctx context.Context, p posting) (ussdAnswer, error) {
	status, body, err := e.post(ctx, p)
	switch {
	case err != nil:
		return ussdAnswer{}, err
	case status < 200 || status > 299:
		return ussdAnswer{}, fmt.Errorf("it answered %d", status)
	}
	return parseAnswer(body)
}

// ussdAnswer is what a callback answered.
type ussdAnswer struct{ message, action string }

// parseAnswer reads a callback's body strictly: one JSON object in valid UTF-8,
// with message and action as strings, spelt exactly so. Other members are of no
// account.
func parseAnswer(body []byte) (ussdAnswer, error) {
	var members map[string]json.RawMessage
	if !utf8.Valid(body) || json.Unmarshal(body, &members) != nil || members == nil {
		return ussdAnswer{}, errors.New("its body is not one JSON object")
	}
	var message, action *string
	if json.Unmarshal(members["message"], &message) != nil || message == nil {
		return ussdAnswer{}, errors.New("its body has no message, or one that is not a string")
	}
	if json.Unmarshal(members["action"], &action) != nil || action == nil ||
		*action != actionContinue && *action != actionEnd {
		return ussdAnswer{}, errors.New("its action is neither continue nor end")
	}
	return ussdAnswer{*message, *action}, nil
}

func (a ussdAnswer) body(s *ussdSession, named bool) any {
	body := struct {
		Message   string `json:"message"`
		Action    string `json:"action"`
		Continue  bool   `json:"continue"`
		SessionID string `json:"session_id,omitempty"`
	}{Message: a.message, Action: a.action, Continue: a.action == actionContinue}
	if !named {
		body.SessionID = s.dialog.ref
	}
	return body
}
