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

// shown is what a result tells of its call.
type shown struct {
	mark string // names the call
	cost hellio.Amount
	sent *hellio.KeyedResult // nil where there is no key
}

// ask makes the plan's call. The number of the call is in whatever names its target.
func (p Plan) ask(ctx context.Context, c *hellio.Client, opts ...hellio.CallOption) (shown, error) {
	mobile := fmt.Sprintf("2332%08d", p.Call)
	switch p.Op {
	case "balance":
		_, err := c.Balance.Get(ctx, opts...)
		return shown{mark: mobile}, err
	case "message":
		return look(c.Reports.GetMessage(ctx, hellio.ID(fmt.Sprint(p.Call+1)), opts...))(func(m *hellio.Message) shown { return shown{mark: fmt.Sprint(number(m.Reference) - 1)} })
	case "webhook_delete":
		return shown{mark: mobile}, c.Webhooks.Delete(ctx, hellio.ID(fmt.Sprintf("1%08d", p.Call)), opts...)
	case "sms":
		params := &hellio.SMSSendParams{Recipients: []string{mobile}, Message: "storm", Gateway: p.filler()}
		return look(c.SMS.Send(ctx, params, opts...))(func(r *hellio.SMSSendResult) shown { return shown{r.Reference, r.EstimatedCost, &r.KeyedResult} })
	case "otp":
		return look(c.OTP.Send(ctx, &hellio.OTPSendParams{MobileNumber: mobile}, opts...))(func(r *hellio.OTPSendResult) shown { return shown{r.Reference, hellio.Amount{}, &r.KeyedResult} })
	case "voice":
		return look(c.Voice.Send(ctx, &hellio.VoiceSendParams{Recipients: []string{mobile}, Text: "storm"}, opts...))(func(r *hellio.VoiceSendResult) shown {
			return shown{r.Reference, r.EstimatedCost, &r.KeyedResult}
		})
	case "verify":
		verified, err := c.OTP.Verify(ctx, &hellio.OTPVerifyParams{MobileNumber: mobile, Code: "123456"}, opts...)
		if err == nil && !verified {
			mobile = "a right code called wrong"
		}
		return shown{mark: mobile}, err
	default:
		return p.askUnkeyed(ctx, c, mobile, opts)
	}
}

func (p Plan) askUnkeyed(ctx context.Context, c *hellio.Client, mobile string, opts []hellio.CallOption) (shown, error) {
	switch p.Op {
	case "lookup":
		numbers := slices.Repeat([]string{mobile}, 1+len(p.filler())/15)
		return look(c.Lookup.Create(ctx, &hellio.LookupParams{Numbers: numbers}, opts...))(func(b *hellio.LookupBatch) shown {
			return shown{mark: b.Lookups[0].MobileNumber, cost: b.EstimatedCost}
		})
	case "email":
		results, err := c.Email.Verify(ctx, &hellio.EmailVerifyParams{Emails: []string{fmt.Sprintf("m%08d@storm.example", p.Call)}}, opts...)
		if err != nil {
			return shown{}, err
		}
		return shown{mark: strings.TrimSuffix(results[0].Email, "@storm.example")}, nil
	case "extension":
		return look(c.USSD.Extensions.Create(ctx, &hellio.USSDExtensionParams{Code: mobile}, opts...))(func(e *hellio.USSDExtension) shown {
			return shown{mark: e.Code, cost: e.MonthlyPrice}
		})
	default:
		events := slices.Repeat([]string{"message.delivered"}, 1+len(p.filler())/20)
		return look(c.Webhooks.Create(ctx, &hellio.WebhookParams{URL: fmt.Sprintf("https://storm.example/%08d", p.Call), Events: events}, opts...))(func(w *hellio.Webhook) shown {
			return shown{mark: w.URL}
		})
	}
}

// look reads a result, where there is one.
func look[T any](result *T, err error) func(func(*T) shown) (shown, error) {
	return func(read func(*T) shown) (shown, error) {
		if err != nil {
			return shown{}, err
		}
		return read(result), nil
	}
}

// filler makes a body large enough to be caught half-way.
func (p Plan) filler() string {
	if p.Cell.Fault != "" && catalogue[p.Cell.Fault].body {
		return strings.Repeat("g", bigBody)
	}
	return ""
}

// cost is the amount of a result, and the list price where the API names none.
func (s shown) price(op string) Money {
	if s.cost.IsZero() {
		return prices[op]
	}
	scaled := new(big.Rat).Mul(s.cost.Rat(), big.NewRat(10_000, 1))
	return Money(scaled.Num().Int64())
}

// run makes one call of the lane and notes what it told.
func (l *lane) run(plan Plan, phase Phase, key string, lag *lagMeter) (Record, error) {
	l.prepare(plan, phase)
	client, err := l.clientFor()
	if err != nil {
		return Record{}, err
	}
	l.begin(plan, phase)
	r := plan.call(context.Background(), client, phase, key, lag)
	r.Client = fmt.Sprintf("%s/%d", l.name, l.generation)
	l.mu.Lock()
	r.Attempts, r.Fired = l.attempts, l.fired
	l.mu.Unlock()
	r.noteCaller(plan)
	return r, nil
}

// call makes the plan's call with the patience of its caller.
func (p Plan) call(ctx context.Context, client *hellio.Client, phase Phase, key string, lag *lagMeter) Record {
	ctx, cancel, gaveUp := callerContext(ctx, p, phase)
	defer cancel()
	var response hellio.Response
	opts := []hellio.CallOption{hellio.WithResponse(&response)}
	if key != "" {
		opts = append(opts, hellio.WithResumeKey(key))
	}
	r := Record{Call: p.Call, Phase: phase, Class: p.Cell.Class, Op: p.Op, Poor: p.Poor, Begin: time.Now()}
	result, err := p.ask(ctx, client, opts...)
	r.End = time.Now()
	if ctx.Err() != nil {
		r.GaveUp = *gaveUp
	}
	r.Deadline, _ = ctx.Deadline()
	r.Lag = lag.around(r.End)
	r.Key = response.IdempotencyKey
	r.noteEnd(result, err)
	return r
}

// noteCaller counts a caller that gave up; where the server had to answer for it, the server counts.
func (r *Record) noteCaller(p Plan) {
	f := catalogue[p.Cell.Fault]
	if r.Phase == Storming && f.layer == atCaller && f.status == 0 && !r.GaveUp.IsZero() {
		r.Fired = append(r.Fired, p.Cell)
	}
}

// prepare leaves the pool as the plan wants it.
func (l *lane) prepare(plan Plan, phase Phase) {
	if phase == Resuming {
		return
	}
	l.transport.CloseIdleConnections()
	if plan.Warm && phase == Storming {
		l.begin(plan, Warming)
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_, _ = l.warmer.Balance.Get(ctx, hellio.WithMaxRetries(0))
	}
}

func (r *Record) noteEnd(result shown, err error) {
	if err == nil {
		r.Outcome, r.Cost = done, result.price(r.Op)
		switch {
		case number(result.mark) != r.Call:
			r.Strange = result.mark
		case result.sent != nil && result.sent.IdempotencyKey != r.Key:
			r.Strange = "another key"
		case result.sent != nil:
			r.Replayed = result.sent.Replayed
		}
		return
	}
	r.Outcome, r.Error = hellio.OutcomeOf(err).String(), err.Error()
	if errors.Is(err, hellio.ErrOutcomeUnknown) != (hellio.OutcomeOf(err) == hellio.OutcomeUnknown) {
		r.Strange = "ErrOutcomeUnknown and OutcomeOf disagree"
	}
}

// callerContext is the patience of the plan's caller; gaveUp points at when it ends.
func callerContext(parent context.Context, p Plan, phase Phase) (context.Context, context.CancelFunc, *time.Time) {
	now := time.Now()
	switch phase {
	case Retaking:
		p.Deadline, p.Cancel, p.AtOnce = 3*time.Second, 0, false
	case Resuming:
		p.Deadline, p.Cancel, p.AtOnce = 20*time.Second, 0, false
	}
	if p.Deadline > 0 && p.Cancel == 0 && !p.AtOnce {
		end := now.Add(p.Deadline)
		ctx, cancel := context.WithDeadline(parent, end)
		return ctx, cancel, &end
	}
	ctx, cancel := context.WithCancel(parent)
	after := p.Cancel
	if after == 0 {
		after = patience
	}
	if p.AtOnce {
		cancel()
		return ctx, cancel, &now
	}
	end := now.Add(after)
	timer := time.AfterFunc(after, cancel)
	return ctx, func() { timer.Stop(); cancel() }, &end
}
