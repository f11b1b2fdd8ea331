package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

const callbackURL = "https://example.com/ussd"

// phone dials an app on a fake, step by step.
type phone struct {
	client  *hellio.Client
	app     hellio.ID
	session hellio.ID
}

// newPhone creates an app whose callback is the shop, in a fake that start
// starts.
func newPhone(
	ctx context.Context,
	s *shop,
	start func(...helliotest.Option) (*helliotest.Fake, error),
) (*phone, error) {
	var handler http.Handler // needs the secrets of the app
	callback := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
	})
	fake, err := start(helliotest.WithUSSDHandler(callbackURL, callback))
	if err != nil {
		return nil, err
	}
	p := &phone{client: fake.Client()}
	app, err := p.client.USSD.Apps.Create(ctx, &hellio.USSDAppParams{
		Name:        "Airtime",
		CallbackURL: callbackURL,
	})
	if err != nil {
		return nil, err
	}
	p.app = app.ID
	handler, err = hellio.NewUSSDHandler([]string{app.TestSecret, app.LiveSecret}, s.step)
	return p, err
}

// dial types one input and returns what the phone then shows.
func (p *phone) dial(ctx context.Context, input string) (*hellio.USSDSimulateResult, error) {
	step, err := p.client.USSD.Simulate(ctx, &hellio.USSDSimulateParams{
		AppID:     p.app,
		SessionID: p.session,
		MSISDN:    "+233209990001",
		Input:     input,
	})
	if err == nil {
		p.session = step.SessionID
	}
	return step, err
}

// onTheFake buys airtime from the menu, in memory.
func onTheFake(ctx context.Context, out io.Writer) error {
	var fake *helliotest.Fake
	start := func(opts ...helliotest.Option) (_ *helliotest.Fake, err error) {
		fake, err = helliotest.Start(opts...)
		return fake, err
	}
	p, err := newPhone(ctx, newShop(), start)
	if fake != nil {
		defer fake.Close()
	}
	if err != nil {
		return err
	}
	for _, input := range []string{"", "1", "many", "20", "1"} {
		step, err := p.dial(ctx, input)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "> %s\n  %s\n", input, strings.ReplaceAll(step.Message, "\n", "\n  "))
	}
	return nil
}
