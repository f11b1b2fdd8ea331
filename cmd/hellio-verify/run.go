package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/internal/behaviour"
	"github.com/hellio-go/hellio/internal/behaviour/check"
)

// cleanupTime is how long the end of a run may take, after an interrupt too.
const cleanupTime = 30 * time.Second

// run is one run of the program.
type run struct {
	ctx    context.Context
	cfg    *settings
	p      program
	say    printer
	client *hellio.Client
	probe  *check.Probe
	name   string // of the run, in what it creates
	began  time.Time
	claims []claim

	segment  amount // the highest price of an SMS segment; 0 if it is unknown
	wallet   amount // available at the start, -1 if it can't be read
	currency string
	left     amount // of the budget
	spent    amount
	waited   time.Duration
	overrun  bool // more left the wallet than a check's price
	lost     int  // checks in a row that lost the connection
	stopped  string
	results  []result
}

// result is how a check ended.
type result struct {
	claim
	err    error
	result string
}

// newRun makes the run, and reads balance and prices if it may spend.
func newRun(ctx context.Context, cfg *settings, p program) (*run, error) {
	httpClient := &http.Client{
		Transport: p.transport,
		Timeout:   time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
	client, err := hellio.NewClient(cfg.token, hellio.WithBaseURL(cfg.baseURL),
		hellio.WithHTTPClient(httpClient))
	if err != nil {
		return nil, err
	}
	r := &run{
		ctx:    ctx,
		cfg:    cfg,
		p:      p,
		say:    printer{p.out},
		client: client,
		began:  time.Now(),
		claims: cfg.claims(),
		left:   cfg.spend,
	}
	r.name = strconv.FormatInt(r.began.Unix(), 36)
	r.probe = check.New(ctx, check.Config{
		BaseURL: cfg.baseURL,
		Token:   cfg.token,
		Number:  cfg.to,
		Sender:  cfg.sender,
		Run:     r.name,
		HTTP:    httpClient,
		Wait:    r.wait,
		Pace:    sleep,
	})
	if cfg.out != "" {
		if err := tryOut(cfg.out); err != nil {
			return nil, err
		}
	}
	return r, r.readAccount()
}

// tryOut reports before the run whether the file can be written.
func tryOut(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	return file.Close()
}

// readAccount reads the balance, which also tests the token, and the prices.
func (r *run) readAccount() error {
	balance, err := r.client.Balance.Get(r.ctx)
	var api *hellio.APIError
	switch {
	case err == nil:
		r.wallet, r.currency = amountOf(balance.Available.Rat()), balance.Currency
	case errors.As(err, &api) && api.Status != http.StatusUnauthorized:
		r.wallet = -1 // the token may lack the scope balance
	case errors.As(err, &api):
		return errors.New("the API does not accept the token of HELLIO_API_TOKEN (401)")
	default:
		return fmt.Errorf("the API can't be reached: %w", err)
	}
	if r.cfg.spend == 0 {
		return nil
	}
	prices, err := r.client.Balance.Pricing(r.ctx, "")
	if err != nil {
		return nil //nolint:nilerr // without a price no paid check runs
	}
	for _, p := range prices {
		r.segment = max(r.segment, amountOf(p.Price.Rat()))
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wait is sleep, as far as -wait allows.
func (r *run) wait(ctx context.Context, d time.Duration) error {
	if r.waited+d > r.cfg.wait {
		return &check.Untestable{Reason: "the waits would be longer than -wait"}
	}
	r.waited += d
	return sleep(ctx, d)
}

// all runs the checks.
func (r *run) all() {
	if r.cfg.write {
		r.removeLeftovers()
	}
	for _, c := range r.claims {
		if r.stopped == "" && r.ctx.Err() != nil {
			r.stopped = "interrupted"
		}
		if r.stopped != "" {
			return
		}
		r.note(c, r.test(c))
	}
}

// test runs one check, if it may run.
func (r *run) test(c claim) error {
	reason := c.Why
	if reason == "" {
		reason = r.cfg.allows(c.Behaviour)
	}
	switch {
	case reason != "":
		return &check.Untestable{Reason: reason}
	case c.Cost != behaviour.Paid:
		return r.probe.Test(c.check)
	}
	return r.testPaid(c)
}

// testPaid runs a check that costs, if its price fits into budget and balance.
func (r *run) testPaid(c claim) error {
	cost := price(c.check.Charge, r.segment)
	switch {
	case r.wallet < 0:
		return &check.Untestable{Reason: "the balance can't be read"}
	case r.segment == 0:
		return &check.Untestable{Reason: "the prices can't be read"}
	case r.overrun:
		return &check.Untestable{Reason: "more left the wallet than the price of a check"}
	case cost > r.left:
		return &check.Untestable{Reason: "over the budget"}
	case cost > r.wallet:
		return &poor{r.wallet, cost}
	}
	err := r.probe.Test(c.check)
	r.left -= cost
	r.settle(cost)
	return err
}

// settle compares the wallet with the price of the check that has ended.
func (r *run) settle(cost amount) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), cleanupTime)
	defer cancel()
	balance, err := r.client.Balance.Get(ctx)
	if err != nil {
		r.overrun = true // what was spent is unknown
		return
	}
	now := amountOf(balance.Available.Rat())
	gone := r.wallet - now
	r.wallet = now
	r.spent += max(gone, 0)
	r.overrun = gone > cost
}

// poor is the error of a price above the balance.
type poor struct{ balance, price amount }

func (p *poor) Error() string {
	return fmt.Sprintf("the balance %v is below the price %v", p.balance, p.price)
}

// note keeps and prints the result of a check. An interrupt and a lost
// connection stop the run.
func (r *run) note(c claim, err error) {
	res := result{
		claim:  c,
		err:    err,
		result: check.ResultOf(err),
	}
	var lost *url.Error
	switch {
	case r.ctx.Err() != nil && errors.Is(err, r.ctx.Err()):
		r.stopped = "interrupted"
		return
	case errors.As(err, &lost):
		if r.lost++; r.lost == 3 {
			r.stopped = "the connection is lost"
		}
	default:
		r.lost = 0
	}
	r.results = append(r.results, res)
	r.say.result(res)
}

// finish cleans up, writes the file, and returns the exit status.
func (r *run) finish() int {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), cleanupTime)
	defer cancel()
	if err := r.probe.Close(ctx); err != nil {
		r.say.line("could not clean up: %v", err)
	}
	if r.stopped != "" {
		r.say.line("stopped early: %s", r.stopped)
	}
	r.say.total(r)
	if r.cfg.out != "" {
		if err := r.write(); err != nil {
			r.say.line("hellio-verify: %v", err)
			return statusEarly
		}
	}
	switch {
	case r.stopped != "":
		return statusEarly
	case count(r.results, behaviour.Refuted) > 0:
		return statusRefuted
	}
	return statusOK
}
