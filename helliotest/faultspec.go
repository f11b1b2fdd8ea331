package helliotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/control"
	"github.com/hellio-go/hellio/internal/near"
)

// Effects, as FaultSpec spells them.
const (
	effectStatus       = "status"
	effectRateLimited  = "rate_limited"
	effectDelay        = "delay"
	effectLoseRequest  = "lose_request"
	effectLoseReply    = "lose_reply"
	effectTruncateBody = "truncate_body"
	effectNotJSON      = "not_json"
	effectReset        = "reset"
	effectCarrierFail  = "carrier_fail"
)

// FaultSpec is a fault as data: the JSON form of Fault.
type FaultSpec struct {
	Op     Op     `json:"op"`
	Nth    int    `json:"nth,omitempty"`    // exactly one of Nth, Times and Always is set
	Times  int    `json:"times,omitempty"`  //
	Always bool   `json:"always,omitempty"` //
	To     string `json:"to,omitempty"`     // a number or an e-mail address; "" = any
	Effect string `json:"effect"`           // the snake_case name of the effect: lose_reply

	Code       int    `json:"code,omitempty"`        // of status: 200..599
	Error      string `json:"error,omitempty"`       // of status: the error code, or ""
	RetryAfter string `json:"retry_after,omitempty"` // of rate_limited: a Go duration
	Duration   string `json:"duration,omitempty"`    // of delay and webhook_delay: a Go duration
	Bytes      int    `json:"bytes,omitempty"`       // of truncate_body

	Hits int `json:"hits"` // set by Faults; SetFaults ignores it
}

// SetFaults replaces all rules by these; without specs it removes all. If one
// is invalid, it returns an error and changes nothing.
func (f *Fake) SetFaults(specs ...FaultSpec) error {
	f.tb.Helper()
	if err := f.ifEnded(); err != nil {
		return err
	}
	faults := make([]*Fault, 0, len(specs))
	for i, spec := range specs {
		fault, err := spec.compile(f.engine)
		if err != nil {
			return fmt.Errorf("fault %d: %w", i, err)
		}
		faults = append(faults, fault)
	}
	defer f.lock()()
	for _, fault := range faults {
		fault.f = f
		fault.view = f.view
		fault.after = f.world.lastID
	}
	f.world.faults = faults
	return nil
}

// Faults returns the rules in force with their hits, in the order in which they
// were added.
func (f *Fake) Faults() []FaultSpec {
	f.tb.Helper()
	defer f.lock()()
	specs := make([]FaultSpec, 0, len(f.world.faults))
	for _, fault := range f.world.faults {
		spec := fault.spec
		spec.Hits = fault.hits
		specs = append(specs, spec)
	}
	return specs
}

// UnmarshalJSON reads a rule strictly: an unknown field or a count below 1 is
// an error.
func (s *FaultSpec) UnmarshalJSON(data []byte) error {
	type plain FaultSpec
	input := struct {
		*plain
		Nth   *int `json:"nth"`
		Times *int `json:"times"`
		Hits  *int `json:"hits"`
	}{plain: (*plain)(s)}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&input); err != nil {
		return err
	}
	for _, count := range []*int{input.Nth, input.Times} {
		if count != nil && *count < 1 {
			return fmt.Errorf("a count of %d: counts begin at 1", *count)
		}
	}
	if input.Hits != nil {
		return errors.New("hits can't be set")
	}
	s.Nth, s.Times = control.Or(input.Nth), control.Or(input.Times)
	return nil
}

// effectRule describes the parameters of an effect and where it may act.
type effectRule struct {
	params   string // the FaultSpec fields it takes, by their JSON names
	delivery bool   // it acts on webhook deliveries, not on calls
}

func effectRules(name string) (rule effectRule, known bool) {
	switch name {
	case effectStatus:
		return effectRule{params: "code error"}, true
	case effectRateLimited:
		return effectRule{params: "retry_after"}, true
	case effectDelay:
		return effectRule{params: "duration"}, true
	case effectTruncateBody:
		return effectRule{params: "bytes"}, true
	case effectLoseRequest, effectLoseReply, effectNotJSON, effectReset, effectCarrierFail:
		return effectRule{}, true
	case effectWebhookDelay:
		return effectRule{params: "duration", delivery: true}, true
	case effectWebhookLose, effectWebhookDuplicate, effectWebhookReorder, effectWebhookBadSignature:
		return effectRule{delivery: true}, true
	}
	return effectRule{}, false
}

// effectNames are the effects that SetFaults takes.
func effectNames() []string {
	return []string{
		effectStatus, effectRateLimited, effectDelay, effectLoseRequest, effectLoseReply,
		effectTruncateBody, effectNotJSON, effectReset, effectCarrierFail, effectWebhookLose,
		effectWebhookDuplicate, effectWebhookReorder, effectWebhookBadSignature,
		effectWebhookDelay,
	}
}

// compile checks a spec and returns its fault.
func (s FaultSpec) compile(e *engine) (*Fault, error) {
	if s.crashes() || s.Op.isStep() {
		return s.compileCrash(e)
	}
	rule, known := effectRules(s.Effect)
	switch {
	case !s.Op.known():
		return nil, near.Unknown("op", string(s.Op), opNames())
	case !known:
		return nil, near.Unknown("effect", s.Effect, effectNames())
	case rule.delivery && s.Op != WebhookDelivery:
		return nil,
			fmt.Errorf("the effect %s does not act on the op %s, only on the op %s", s.Effect, s.Op,
				WebhookDelivery)
	case !rule.delivery && s.Op == WebhookDelivery:
		return nil,
			fmt.Errorf("the effect %s does not act on the op %s, whose effects begin with webhook_",
				s.Effect, s.Op)
	}
	if err := errors.Join(s.checkWhen(), s.checkParams(rule.params)); err != nil {
		return nil, err
	}
	wait, err := s.wait(rule.params)
	if err != nil {
		return nil, err
	}
	s.Hits = 0
	return &Fault{spec: s, wait: wait}, nil
}

func (s FaultSpec) checkWhen() error {
	given := 0
	for _, set := range []bool{s.Nth != 0, s.Times != 0, s.Always} {
		if set {
			given++
		}
	}
	if given != 1 || s.Nth < 0 || s.Times < 0 {
		return errors.New("it needs exactly one of nth (1 or more), times (1 or more) and always")
	}
	return nil
}

func (s FaultSpec) checkParams(takes string) error {
	given := map[string]bool{
		"code":        s.Code != 0,
		"error":       s.Error != "",
		"retry_after": s.RetryAfter != "",
		"duration":    s.Duration != "",
		"bytes":       s.Bytes != 0,
	}
	for name, set := range given {
		if set && !strings.Contains(takes, name) {
			return fmt.Errorf("the effect %s takes no %s", s.Effect, name)
		}
	}
	if s.Effect == effectStatus && (s.Code < 200 || s.Code > 599) {
		return fmt.Errorf("code %d is not within 200..599", s.Code)
	}
	if s.Bytes < 0 {
		return fmt.Errorf("bytes %d is negative", s.Bytes)
	}
	return nil
}

// wait reads the duration of an effect that takes one.
func (s FaultSpec) wait(takes string) (time.Duration, error) {
	text := s.Duration
	switch takes {
	case "retry_after":
		text = s.RetryAfter
	case "duration":
	default:
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%s %q is not a duration such as 30s", takes, text)
	}
	return d, nil
}

// String returns the rule in words, for a report.
func (s FaultSpec) String() string {
	when := "always"
	if s.Nth > 0 {
		when = fmt.Sprintf("nth %d", s.Nth)
	}
	if s.Times > 0 {
		when = fmt.Sprintf("times %d", s.Times)
	}
	if s.To != "" {
		when += " to " + masked(s.To)
	}
	return fmt.Sprintf("%s %s %s", s.Op, when, s.Effect)
}
