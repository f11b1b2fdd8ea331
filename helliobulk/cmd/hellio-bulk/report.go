package main

import (
	"context"
	"strconv"
	"time"

	"github.com/hellio-go/hellio/helliobulk"
)

func runReport(ctx context.Context, c *console, args []string) error {
	p := newStored(c, "report")
	out := p.flags.String("o", "", "`file` to be made, for its owner alone: it holds numbers")
	delivery := p.flags.Bool("delivery", false,
		"ask the API what became of each message, 200 per call")
	addJSON(p.flags, &c.json)
	b, err := p.openToRead(args)
	if err != nil {
		return p.stop(err)
	}
	defer b.Close()
	if *out == "" {
		return p.stop(misused("-o must name a file"))
	}
	columns := []string{"chunk", "campaign"}
	cells := placed
	if *delivery {
		client, err := c.client()
		if err != nil {
			return p.stop(err)
		}
		deliveries, err := b.Deliveries(ctx, client)
		if err != nil {
			return p.stop(err)
		}
		columns = append(columns, "delivery", "error", "sent", "delivered")
		cells = func(r helliobulk.RecipientStatus) []string {
			d, _ := deliveries.Of(r)
			return append(placed(r),
				string(d.Status), d.Error, moment(d.SentAt), moment(d.DeliveredAt))
		}
	}
	_, err = c.writeRecipients(*out, b.Recipients(), columns, cells)
	return p.stop(err)
}

// placed returns where a recipient's message is.
func placed(r helliobulk.RecipientStatus) []string {
	chunk := ""
	if r.Chunk >= 0 {
		chunk = strconv.Itoa(r.Chunk)
	}
	return []string{chunk, r.Campaign.String()}
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
