package main

import (
	"context"
	"encoding/csv"
	"strconv"
	"time"

	"github.com/hellio-go/hellio/helliobulk"
)

func runReport(ctx context.Context, c *console, args []string) error {
	p := newStored(c, "report")
	out := p.flags.String("o", "", "`file` to be made, for its owner alone: it holds numbers")
	delivery := p.flags.Bool("delivery", false,
		"ask the API what became of each message, 200 a call")
	addJSON(p.flags, &c.json)
	b, err := p.openToRead(args)
	if err != nil {
		return p.stop(err)
	}
	defer b.Close()
	if *out == "" {
		return p.stop(misused("-o must name a file"))
	}
	var deliveries *helliobulk.Deliveries
	if *delivery {
		client, err := c.client()
		if err != nil {
			return p.stop(err)
		}
		if deliveries, err = b.Deliveries(ctx, client); err != nil {
			return p.stop(err)
		}
	}
	n, err := writeNew(*out, func(w *csv.Writer) (int, error) {
		return writeReport(w, b, deliveries)
	})
	if err != nil {
		return p.stop(err)
	}
	c.say("%s written to %s\n", some(n, "recipient"), *out)
	return nil
}

// writeReport writes all recipients; deliveries may be nil.
func writeReport(w *csv.Writer, b *helliobulk.Batch, deliveries *helliobulk.Deliveries) (int,
	error) {
	header := []string{"number", "state", "reason", "line", "chunk", "campaign"}
	if deliveries != nil {
		header = append(header, "delivery", "error", "sent", "delivered")
	}
	if err := w.Write(header); err != nil {
		return 0, err
	}
	n := 0
	for r, err := range b.Recipients() {
		if err != nil {
			return n, err
		}
		chunk := ""
		if r.Chunk >= 0 {
			chunk = strconv.Itoa(r.Chunk)
		}
		row := []string{r.Number, string(r.State), r.Reason, strconv.Itoa(r.Line), chunk,
			r.Campaign.String()}
		if deliveries != nil {
			d, _ := deliveries.Of(r)
			row = append(row, string(d.Status), d.Error, moment(d.SentAt), moment(d.DeliveredAt))
		}
		if err := w.Write(row); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
