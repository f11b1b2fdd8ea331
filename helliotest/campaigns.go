package helliotest

import (
	"net/http"

	"github.com/hellio-go/hellio/internal/contract"
)

func campaignRoutes() []apiRoute {
	return []apiRoute{
		{op: contract.CampaignList, handle: listCampaigns},
		{op: contract.CampaignGet, handle: getCampaign},
	}
}

func listCampaigns(w *world, c *apiCall) *reply {
	status := c.param("status")
	page, bad := paginate(c, &w.campaigns,
		func(made *campaign) bool { return status == "" || made.Status == status })
	if bad != nil {
		return bad
	}
	return page.flat(func(made *campaign) any { return made.body() })
}

func getCampaign(w *world, c *apiCall) *reply {
	made := w.campaigns.find(c.id)
	if made == nil {
		return notFound("campaign")
	}
	return okReply(http.StatusOK, made.body())
}

// campaignBody is a campaign as GET /campaigns/{id} shows it.
type campaignBody struct {
	ID                 int64         `json:"id"`
	Reference          string        `json:"reference"`
	Sender             string        `json:"sender"`
	Message            string        `json:"message"`
	Status             string        `json:"status"`
	TotalRecipients    int           `json:"total_recipients"`
	AcceptedRecipients int           `json:"accepted_recipients"`
	InvalidRecipients  int           `json:"invalid_recipients"`
	Segments           int           `json:"segments"`
	EstimatedCost      money         `json:"estimated_cost"`
	Cost               money         `json:"cost"`
	Currency           string        `json:"currency"`
	Statuses           messageCounts `json:"statuses"`
	CreatedAt          string        `json:"created_at"`
	CompletedAt        *string       `json:"completed_at"`
}

// messageCounts counts messages by status. A status without messages is 0.
type messageCounts struct {
	Queued    int `json:"queued"`
	Sent      int `json:"sent"`
	Delivered int `json:"delivered"`
	Failed    int `json:"failed"`
}

func (c *campaign) body() campaignBody {
	b := campaignBody{
		ID:                 c.ID,
		Reference:          c.Reference.String(),
		Sender:             c.Sender,
		Message:            c.Text,
		Status:             c.Status,
		TotalRecipients:    len(c.messages) + c.Invalid,
		AcceptedRecipients: len(c.messages),
		InvalidRecipients:  c.Invalid,
		Segments:           c.Segments,
		EstimatedCost:      c.Estimated,
		Currency:           currency,
		CreatedAt:          timestamp(c.Created),
		CompletedAt:        timestampOrNull(c.Completed),
	}
	for i := range c.messages {
		switch m := &c.messages[i]; m.Status {
		case statusQueued:
			b.Statuses.Queued++
		case statusSent:
			b.Statuses.Sent++
		case statusDelivered:
			b.Statuses.Delivered++
			b.Cost += m.Cost
		case statusFailed:
			b.Statuses.Failed++
		}
	}
	return b
}
