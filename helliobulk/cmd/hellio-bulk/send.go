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
	addJSON(p.flags, &c.json)
	b, err := p.plan(ctx, args)
	if err != nil {
		return p.stop(err)
	}
	defer b.Close()
	if p.flags.args[0] == "-" && !s.yes { // the answer can't come from where the list came from
		c.asks = false
	}
	return p.place.send(ctx, b, p.client, s)
}

// send shows what a batch costs, asks, sends and reports. Who sends a batch on was asked when it began.
func (p *place) send(ctx context.Context, b *helliobulk.Batch, client *hellio.Client, s sendFlags) error {
	if err := p.c.showPlan(p.c.err, b); err != nil {
		return p.stop(err)
	}
	if !s.options.AdoptToken {
		if err := b.CheckAccount(ctx, client); err != nil {
			return p.stop(err)
		}
	}
	if r := b.Report(); r.Open.Chunks == r.Chunks {
		if err := p.agree(ctx, b, client, s); err != nil {
			return p.stop(err)
		}
	}
	progress := newProgress(p.c, b.Report(), client.RateLimit)
	progress.interruptible(ctx, "Stopping after the calls under way; once more ends it at once, and loses nothing.", p.resume())
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

// sendUnseen asks whether to send chunks that another copy of the store may have
// sent.
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
	return p.send(ctx, b, client, s)
}

// agree shows the price and asks whether to spend it.
func (p *place) agree(ctx context.Context, b *helliobulk.Batch, client *hellio.Client, s sendFlags) error {
	e, err := b.Estimate(ctx, client)
	switch {
	case err == nil:
		p.c.showEstimate(p.c.err, e)
	case !s.options.StartUnpaid:
		return fmt.Errorf("%w: no estimate can be made: %w", helliobulk.ErrCannotPay, err)
	default:
		fmt.Fprintf(p.c.err, "No price can be told: %s\n", plain(err))
	}
	if e != nil && !e.Payable && !s.options.StartUnpaid {
		return &helliobulk.PaymentError{Estimate: *e}
	}
	if s.yes {
		return nil
	}
	answer, err := p.c.ask(ctx, fmt.Sprintf("Send to %s as %s? [y/N] ", some(b.Report().Recipients, "recipient"), b.Manifest().Sender))
	if err != nil {
		return err
	}
	if answer = strings.ToLower(answer); answer != "y" && answer != "yes" {
		return errDeclined
	}
	return nil
}

// ask puts a question to whoever sits there and returns the answer, without spaces around it. A ctx that ends counts as a no.
func (c *console) ask(ctx context.Context, question string) (string, error) {
	if !c.asks {
		return "", errNobody
	}
	fmt.Fprint(c.err, question)
	answered := make(chan string, 1)
	go func() { // a read can't be interrupted; it ends with the program
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
