package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
)

func runSend(ctx context.Context, c *console, args []string) error {
	p := newPlanning(c, "send")
	var s sendFlags
	s.add(p.flags)
	p.sending = &s
	addJSON(p.flags, &c.json)
	b, err := p.plan(ctx, args)
	if err != nil {
		return p.stop(err)
	}
	defer b.Close()
	if p.flags.args[0] == "-" && !s.yes { // the answer cannot come from where the list came from
		c.asks = false
	}
	return p.place.send(ctx, b, p.client, s)
}

// send shows what a batch costs, asks, sends and reports. A batch that has
// begun was asked for when it began.
func (p *place) send(
	ctx context.Context, b *helliobulk.Batch, client *hellio.Client, s sendFlags,
) error {
	if err := p.c.showPlan(p.c.err, b); err != nil {
		return p.stop(err)
	}
	if !s.options.AdoptToken {
		if err := b.CheckAccount(ctx, client); err != nil {
			return p.stop(err)
		}
	}
	if err := p.begin(ctx, b, client, s); err != nil {
		return p.stop(err)
	}
	return p.run(ctx, b, client, s)
}

// run sends and reports.
func (p *place) run(
	ctx context.Context, b *helliobulk.Batch, client *hellio.Client, s sendFlags,
) error {
	progress := newProgress(p.c, b.Report(), client.RateLimit, s.options)
	progress.interruptible(ctx, "Stopping after the calls in flight; once more ends it "+
		"immediately, and loses nothing.", p.resume())
	s.options.Progress = progress.report
	err := b.Send(ctx, client, s.options)
	progress.end()
	var unseen *helliobulk.MaybeSentError
	if errors.As(err, &unseen) {
		return p.sendUnseen(ctx, b, client, s, unseen)
	}
	p.c.showReport(b)
	return p.stop(err)
}

// sendUnseen asks whether to send chunks that another copy of the store may
// have sent.
func (p *place) sendUnseen(
	ctx context.Context, b *helliobulk.Batch, client *hellio.Client, s sendFlags,
	unseen *helliobulk.MaybeSentError,
) error {
	n := unseen.Open.Recipients
	question := fmt.Sprintf("%s.\nIf the store is an old copy, up to %s get the message a second "+
		"time.", plain(unseen), some(n, "recipient"))
	err := p.c.confirm(ctx, question, n, b.Manifest().BatchID, s.confirm)
	var nobody *unconfirmed
	if errors.As(err, &nobody) {
		return p.stop(unseen)
	}
	if err != nil {
		return p.stop(err)
	}
	s.options.SendUnseen = true
	return p.run(ctx, b, client, s)
}

// begin asks, if the batch has not begun, whether to send it.
func (p *place) begin(
	ctx context.Context, b *helliobulk.Batch, client *hellio.Client, s sendFlags,
) error {
	if r := b.Report(); r.Open.Chunks < r.Chunks {
		if s.test != "" {
			return misused("-test comes before the first message, and the batch has begun")
		}
		return nil
	}
	e, err := b.Estimate(ctx, client)
	switch {
	case err == nil:
		p.c.showEstimate(p.c.err, e)
	case !s.options.StartUnpaid:
		return fmt.Errorf("%w: no estimate can be made: %w", helliobulk.ErrCannotPay, err)
	default:
		fmt.Fprintf(p.c.err, "No price is known: %s\n", plain(err))
	}
	if e != nil && !e.Payable && !s.options.StartUnpaid {
		return &helliobulk.PaymentError{Estimate: *e}
	}
	if err := p.c.showPreview(b); err != nil {
		return err
	}
	if s.yes {
		return nil
	}
	if err := p.test(ctx, b, client, s.test); err != nil {
		return err
	}
	n := some(b.Report().Recipients, "recipient")
	answer, err := p.c.ask(ctx, fmt.Sprintf("Send to %s as %s? [y/N] ", n, b.Manifest().Sender))
	if err != nil {
		return err
	}
	if answer = strings.ToLower(answer); answer != "y" && answer != "yes" {
		return errDeclined
	}
	return nil
}

// test sends the first text to one number, so that a person can look at it.
func (p *place) test(
	ctx context.Context, b *helliobulk.Batch, client *hellio.Client, number string,
) error {
	if number == "" {
		return nil
	}
	if err := b.CheckTest(number); err != nil {
		return err
	}
	if !p.c.asks {
		return errNobody
	}
	sent, err := b.SendTest(ctx, client, number)
	if err != nil {
		return fmt.Errorf("the test message: %w", err)
	}
	state := "sent"
	if sent.Replayed {
		state = "was sent before"
	}
	fmt.Fprintf(p.c.err, "The test message %s, for %s %s. Look at it before you answer.\n",
		state, sent.EstimatedCost, sent.Currency)
	return nil
}

// ask puts a question to the person at the terminal and returns the answer,
// without spaces around it. A ctx that ends counts as a no.
func (c *console) ask(ctx context.Context, question string) (string, error) {
	if !c.asks {
		return "", errNobody
	}
	fmt.Fprint(c.err, question)
	answered := make(chan string, 1)
	go func() { // a read cannot be interrupted; it ends with the program
		line, _ := bufio.NewReader(c.in).ReadString('\n')
		answered <- strings.TrimSpace(line)
	}()
	select {
	case answer := <-answered:
		return answer, nil
	case <-ctx.Done():
		fmt.Fprintln(c.err)
		return "", errDeclined
	}
}
