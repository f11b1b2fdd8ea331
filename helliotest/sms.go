package helliotest

import (
	"net/http"
	"slices"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/gsm7"
)

func smsRoutes() []apiRoute {
	return []apiRoute{{op: contract.SMSSend, handle: sendSMS}}
}

func sendSMS(w *world, c *apiCall) *reply {
	form := c.form()
	recipients := form.list("recipients", contract.MaxRecipients, contract.MaxNumberLength, true)
	sender := form.text("sender", contract.MaxSenderLength)
	text := form.text("message", contract.MaxMessageLength)
	form.optional("gateway", 0)
	numbers, invalid := c.dialable(recipients)
	cost := func() (sum money) {
		segments := money(gsm7.Segments(text))
		for _, number := range numbers {
			sum += priceOf(number) * segments
		}
		return sum
	}
	if bad := c.refusal(form,
		checkStep{"fields", form.reject},
		checkStep{"sender", func() *reply { return w.checkSender(sender) }},
		checkStep{"recipients", func() *reply { return someOf(numbers) }},
		checkStep{"spend_limit", func() *reply { return w.overLimit(cost()) }},
		checkStep{"balance", func() *reply { return w.overBalance(cost()) }},
	); bad != nil {
		return bad
	}
	made := w.newCampaign(c, sender, text, numbers)
	made.Invalid = invalid
	w.charge(c, made.Estimated)
	w.launch(made)
	return okReply(http.StatusAccepted, made.accepted())
}

// someOf refuses a call without a valid recipient.
func someOf(numbers []string) *reply {
	if len(numbers) > 0 {
		return nil
	}
	return refuse(http.StatusUnprocessableEntity, contract.CodeNoValidRecipients,
		"None of the recipients is a valid number.")
}

func (w *world) checkSender(sender string) *reply {
	if slices.Contains(w.account.senders, sender) {
		return nil
	}
	return refuse(http.StatusUnprocessableEntity, contract.CodeSenderNotApproved,
		"The sender is not approved for this account.")
}

// newCampaign prices a text to some numbers; nothing is stored yet.
func (w *world) newCampaign(c *apiCall, sender, text string, numbers []string) *campaign {
	made := &campaign{
		campaignState: campaignState{
			Sender:   sender,
			Text:     text,
			Status:   statusQueued,
			Segments: gsm7.Segments(text),
		},
		messages: make([]messageRow, len(numbers)),
	}
	for i, number := range numbers {
		cost := priceOf(number) * money(made.Segments)
		made.Estimated += cost
		made.messages[i] = messageRow{
			campaign: made,
			origin:   c.log,
			messageState: messageState{
				Channel:  "sms",
				To:       number,
				Sender:   sender,
				Text:     text,
				Segments: made.Segments,
				Cost:     cost,
				Doomed:   c.carrierFails(number),
			},
		}
	}
	return made
}

// launch stores a campaign whose cost is reserved.
func (w *world) launch(made *campaign) {
	made.ID = w.nextID()
	made.Reference = w.newReference()
	made.Created = w.clock.Now()
	w.campaigns.add(made)
	w.addMessages(made.messages)
	w.run(made)
}

// run carries the messages of a campaign that is stored.
func (w *world) run(made *campaign) {
	w.at(made.Created.Add(sentAfter), func(time.Time) { made.Status = statusProcessing })
	w.carry(made.messages, made.messages[0].Created, made.finish)
}

// finish ends a campaign whose messages are all final: failed if none was
// delivered, else completed (decided).
func (c *campaign) finish(due time.Time) {
	c.Completed = due
	c.Status = statusFailed
	for i := range c.messages {
		if c.messages[i].Status == statusDelivered {
			c.Status = statusCompleted
			return
		}
	}
}

// accepted is the answer to sms/send.
func (c *campaign) accepted() any {
	return struct {
		Reference          string `json:"reference"`
		CampaignID         int64  `json:"campaign_id"`
		Status             string `json:"status"`
		AcceptedRecipients int    `json:"accepted_recipients"`
		InvalidRecipients  int    `json:"invalid_recipients"`
		Segments           int    `json:"segments"`
		EstimatedCost      money  `json:"estimated_cost"`
		Currency           string `json:"currency"`
	}{
		c.Reference.String(), c.ID, c.Status, len(c.messages), c.Invalid, c.Segments, c.Estimated,
		currency,
	}
}
