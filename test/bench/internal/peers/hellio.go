package peers

import (
	"net/http"

	"github.com/hellio-go/hellio/test/bench/internal/wire"
)

// The first rows send one SMS and read the balance.
const (
	apiURL    = "https://api.helliomessaging.com/v1"
	token     = "17|mZk3pQ8vXc1nB6sLd9fHj2wR5tYgU7aE0iOqPeKx"
	recipient = "+233209990001"
	sender    = "HELLIO"
	text      = "Your parcel left Kumasi this morning and will reach you today between 2 and 4 pm. Thanks!"
)

const (
	reference = "5d1f0a36-8e6b-4c55-9f07-2b1f3f0d9a44"
	available = "119.3800"
)

// The answers of the API contain members that no client reads, as those of a
// growing API do.
var (
	smsReply = wire.Reply{
		Status: http.StatusAccepted,
		Body: `{"data":{"reference":"` + reference + `","campaign_id":7731,` +
			`"status":"queued","accepted_recipients":1,"invalid_recipients":0,"segments":1,` +
			`"estimated_cost":"0.0310","currency":"GHS","message":"` + text + `"}}`,
	}

	balanceReply = wire.Reply{
		Status: http.StatusOK,
		Body: `{"data":{"balance":"120.0000","available":"` + available + `",` +
			`"reserved":"0.6200","currency":"GHS","as_of":"2026-03-04T05:06:07+00:00",` +
			`"low_balance_alert":"10.0000","account":"8a7d2c1e-55f0-4f5c-8b55-0d9d3c2f7b10",` +
			`"plan":"pay as you go: prepaid, no monthly fee, no minimum",` +
			`"updated_by":"top-up by mobile money"}}`,
	}

	refusedReply = wire.Reply{
		Status: http.StatusUnprocessableEntity,
		Body: `{"message":"The sender field is not approved.","error":"sender_not_approved",` +
			`"errors":{"sender":["The sender HELLIO is not approved for this account."]}}`,
	}
)

// The rows without an SDK use the same bodies as typed structs.
type (
	smsRequest struct {
		Recipients []string `json:"recipients"`
		Sender     string   `json:"sender"`
		Message    string   `json:"message"`
	}
	smsResult struct {
		Reference          string `json:"reference"`
		CampaignID         int64  `json:"campaign_id"`
		Status             string `json:"status"`
		AcceptedRecipients int    `json:"accepted_recipients"`
		InvalidRecipients  int    `json:"invalid_recipients"`
		Segments           int    `json:"segments"`
		EstimatedCost      string `json:"estimated_cost"`
		Currency           string `json:"currency"`
	}
	balanceResult struct {
		Balance   string `json:"balance"`
		Available string `json:"available"`
		Reserved  string `json:"reserved"`
		Currency  string `json:"currency"`
	}
	envelope[T any] struct {
		Data T `json:"data"`
	}
)

// refusal is the typed error of the rows without an SDK.
type refusal struct {
	Status  int
	Message string              `json:"message"`
	Code    string              `json:"error"`
	Errors  map[string][]string `json:"errors"`
}

// Error implements error.
func (r *refusal) Error() string { return r.Message }

func isRefusal(err error) bool {
	r, ok := err.(*refusal)
	return ok && r.Status == http.StatusUnprocessableEntity &&
		r.Code == "sender_not_approved" && len(r.Errors["sender"]) == 1
}

// hellioPeer returns a row that calls the Hellio API.
func hellioPeer(name string, connect func(Target) (Calls, error)) Peer {
	return Peer{
		Name:         name,
		PostReply:    smsReply,
		GetReply:     balanceReply,
		RefusedReply: refusedReply,
		PostResult:   reference,
		GetResult:    available,
		Refused:      isRefusal,
		Connect:      connect,
	}
}

func newSMS() smsRequest {
	return smsRequest{Recipients: []string{recipient}, Sender: sender, Message: text}
}

func orDefault(url, otherwise string) string {
	if url == "" {
		return otherwise
	}
	return url
}
