package storm

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/hellio-go/hellio"
)

// callResult is what a result says about its call.
type callResult struct {
	mark  string // names the call
	cost  hellio.Amount
	keyed *hellio.KeyedResult // nil for a call without a key
}

// ask makes the plan's call. The target of each call contains its number.
func (p Plan) ask(
	ctx context.Context, c *hellio.Client, opts ...hellio.CallOption,
) (callResult, error) {
	mobile := fmt.Sprintf("2332%08d", p.Call)
	switch p.Op {
	case "balance":
		_, err := c.Balance.Get(ctx, opts...)
		return callResult{mark: mobile}, err
	case "message":
		m, err := c.Reports.GetMessage(ctx, hellio.ID(fmt.Sprint(p.Call+1)), opts...)
		if err != nil {
			return callResult{}, err
		}
		return callResult{mark: fmt.Sprint(number(m.Reference) - 1)}, nil
	case "webhook_delete":
		id := hellio.ID(fmt.Sprintf("1%08d", p.Call))
		return callResult{mark: mobile}, c.Webhooks.Delete(ctx, id, opts...)
	case "sms", "otp", "voice":
		return p.askKeyed(ctx, c, mobile, opts)
	case "verify":
		params := &hellio.OTPVerifyParams{MobileNumber: mobile, Code: "123456"}
		verified, err := c.OTP.Verify(ctx, params, opts...)
		if err == nil && !verified {
			mobile = "a right code reported as wrong"
		}
		return callResult{mark: mobile}, err
	default:
		return p.askUnkeyed(ctx, c, mobile, opts)
	}
}

func (p Plan) askKeyed(
	ctx context.Context, c *hellio.Client, mobile string, opts []hellio.CallOption,
) (callResult, error) {
	switch p.Op {
	case "sms":
		r, err := c.SMS.Send(ctx, &hellio.SMSSendParams{
			Recipients: []string{mobile},
			Message:    "storm",
			Gateway:    p.filler(),
		}, opts...)
		if err != nil {
			return callResult{}, err
		}
		return callResult{r.Reference, r.EstimatedCost, &r.KeyedResult}, nil
	case "otp":
		r, err := c.OTP.Send(ctx, &hellio.OTPSendParams{MobileNumber: mobile}, opts...)
		if err != nil {
			return callResult{}, err
		}
		return callResult{mark: r.Reference, keyed: &r.KeyedResult}, nil
	default:
		params := &hellio.VoiceSendParams{Recipients: []string{mobile}, Text: "storm"}
		r, err := c.Voice.Send(ctx, params, opts...)
		if err != nil {
			return callResult{}, err
		}
		return callResult{r.Reference, r.EstimatedCost, &r.KeyedResult}, nil
	}
}

func (p Plan) askUnkeyed(
	ctx context.Context, c *hellio.Client, mobile string, opts []hellio.CallOption,
) (callResult, error) {
	switch p.Op {
	case "lookup":
		numbers := slices.Repeat([]string{mobile}, 1+len(p.filler())/15)
		b, err := c.Lookup.Create(ctx, &hellio.LookupParams{Numbers: numbers}, opts...)
		if err != nil {
			return callResult{}, err
		}
		return callResult{mark: b.Lookups[0].MobileNumber, cost: b.EstimatedCost}, nil
	case "email":
		emails := []string{fmt.Sprintf("m%08d@storm.example", p.Call)}
		results, err := c.Email.Verify(ctx, &hellio.EmailVerifyParams{Emails: emails}, opts...)
		if err != nil {
			return callResult{}, err
		}
		return callResult{mark: strings.TrimSuffix(results[0].Email, "@storm.example")}, nil
	case "extension":
		params := &hellio.USSDExtensionParams{Code: mobile}
		e, err := c.USSD.Extensions.Create(ctx, params, opts...)
		if err != nil {
			return callResult{}, err
		}
		return callResult{mark: e.Code, cost: e.MonthlyPrice}, nil
	default:
		w, err := c.Webhooks.Create(ctx, &hellio.WebhookParams{
			URL:    fmt.Sprintf("https://storm.example/%08d", p.Call),
			Events: slices.Repeat([]string{"message.delivered"}, 1+len(p.filler())/20),
		}, opts...)
		if err != nil {
			return callResult{}, err
		}
		return callResult{mark: w.URL}, nil
	}
}

// filler returns text that makes a body too large for the socket buffers, if
// the fault strikes in the middle of a body.
func (p Plan) filler() string {
	if p.Cell.Fault != "" && catalogue[p.Cell.Fault].body {
		return strings.Repeat("g", bigBody)
	}
	return ""
}

// price returns the cost in a result, or the list price if the API reports no
// cost.
func (r callResult) price(op string) Money {
	if r.cost.IsZero() {
		return prices[op]
	}
	scaled := new(big.Rat).Mul(r.cost.Rat(), big.NewRat(10_000, 1))
	return Money(scaled.Num().Int64())
}

// run makes one call of the worker and returns its record.
func (w *worker) run(plan Plan, phase Phase, key string, meter *lagMeter) (Record, error) {
	w.prepare(plan, phase)
	client, err := w.nextClient()
	if err != nil {
		return Record{}, err
	}
	w.begin(plan, phase)
	r := plan.call(context.Background(), client, phase, key, meter)
	r.Client = fmt.Sprintf("%s/%d", w.name, w.generation)
	w.mu.Lock()
	r.Attempts, r.Fired = w.attempts, w.fired
	w.mu.Unlock()
	r.countGaveUp(plan)
	return r, nil
}

// call makes the plan's call with the deadline and cancellation of its caller.
func (p Plan) call(
	ctx context.Context, client *hellio.Client, phase Phase, key string, meter *lagMeter,
) Record {
	ctx, cancel, gaveUp := callerContext(ctx, p, phase)
	defer cancel()
	var response hellio.Response
	opts := []hellio.CallOption{hellio.WithResponse(&response)}
	if key != "" {
		opts = append(opts, hellio.WithResumeKey(key))
	}
	r := Record{
		Call:  p.Call,
		Phase: phase,
		Class: p.Cell.Class,
		Op:    p.Op,
		Poor:  p.Poor,
		Begin: time.Now(),
	}
	result, err := p.ask(ctx, client, opts...)
	r.End = time.Now()
	if ctx.Err() != nil {
		r.GaveUp = *gaveUp
	}
	r.Deadline, _ = ctx.Deadline()
	r.Lag = meter.since(r.Begin)
	r.Key = response.IdempotencyKey
	r.setEnd(result, err)
	return r
}

// countGaveUp counts the fault of a caller that gave up. If the fault also
// needs an answer of the server, the server counts it.
func (r *Record) countGaveUp(p Plan) {
	f := catalogue[p.Cell.Fault]
	if r.Phase == Storming && f.layer == atCaller && f.status == 0 && !r.GaveUp.IsZero() {
		r.Fired = append(r.Fired, p.Cell)
	}
}

// prepare brings the connection pool into the state that the plan requires.
func (w *worker) prepare(plan Plan, phase Phase) {
	if phase == Resuming {
		return
	}
	w.transport.CloseIdleConnections()
	if plan.Warm && phase == Storming {
		w.begin(plan, Warming)
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_, _ = w.warmer.Balance.Get(ctx, hellio.WithMaxRetries(0))
	}
}

func (r *Record) setEnd(result callResult, err error) {
	if err == nil {
		r.Outcome, r.Cost = done, result.price(r.Op)
		switch {
		case number(result.mark) != r.Call:
			r.Strange = result.mark
		case result.keyed != nil && result.keyed.IdempotencyKey != r.Key:
			r.Strange = "another key"
		case result.keyed != nil:
			r.Replayed = result.keyed.Replayed
		}
		return
	}
	r.Outcome, r.Error = hellio.OutcomeOf(err).String(), err.Error()
	isUnknown := hellio.OutcomeOf(err) == hellio.OutcomeUnknown
	if errors.Is(err, hellio.ErrOutcomeUnknown) != isUnknown {
		r.Strange = "ErrOutcomeUnknown and OutcomeOf disagree"
	}
}

// callerContext returns the context of the plan's caller, and a pointer to the
// time when it ends.
func callerContext(
	parent context.Context, p Plan, phase Phase,
) (context.Context, context.CancelFunc, *time.Time) {
	now := time.Now()
	switch phase {
	case Retaking:
		p.onlyDeadline(3 * time.Second)
	case Resuming:
		p.onlyDeadline(time.Minute)
	}
	if p.Deadline > 0 && p.Cancel == 0 && !p.AtOnce {
		end := now.Add(p.Deadline)
		ctx, cancel := context.WithDeadline(parent, end)
		return ctx, cancel, &end
	}
	ctx, cancel := context.WithCancel(parent)
	wait := p.Cancel
	if wait == 0 {
		wait = patience
	}
	if p.AtOnce {
		cancel()
		return ctx, cancel, &now
	}
	end := now.Add(wait)
	timer := time.AfterFunc(wait, cancel)
	return ctx, func() { timer.Stop(); cancel() }, &end
}

// onlyDeadline removes the plan's cancellation and sets a deadline.
func (p *Plan) onlyDeadline(d time.Duration) {
	p.Deadline = d
	p.Cancel = 0
	p.AtOnce = false
}
