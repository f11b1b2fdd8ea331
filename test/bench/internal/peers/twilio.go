package peers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/hellio-go/hellio/test/bench/internal/wire"
)

const (
	twilioURL     = "https://api.twilio.com"
	twilioAccount = "AC0123456789abcdef0123456789abcdef"
	messageSID    = "SM0123456789abcdef0123456789abcdef"
)

const messageBody = `{"sid":"` + messageSID + `","account_sid":"` + twilioAccount + `",` +
	`"to":"` + recipient + `","from":"` + sender + `","body":"` + text + `","status":"queued",` +
	`"num_segments":"1","price":null,"error_code":null,"direction":"outbound-api"}`

// twilioGo sends a message and reads one, through the service Api of
// twilio.RestClient. The whole RestClient changes nothing in a call, but adds
// the packages of every other product to the build.
func twilioGo() Peer {
	return Peer{
		Name:      "twilio-go",
		PostReply: wire.Reply{Status: http.StatusCreated, Body: messageBody},
		GetReply:  wire.Reply{Status: http.StatusOK, Body: messageBody},
		RefusedReply: wire.Reply{
			Status: http.StatusUnprocessableEntity,
			Body: `{"code":21212,"message":"Invalid From Number: HELLIO",` +
				`"more_info":"https://www.twilio.com/docs/errors/21212","status":422,` +
				`"details":{"field":"From"}}`,
		},
		PostResult: messageSID,
		GetResult:  messageSID,
		Refused: func(err error) bool {
			var failure *client.TwilioRestError
			return errors.As(err, &failure) &&
				failure.Status == http.StatusUnprocessableEntity && failure.Code == 21212
		},
		Connect: connectTwilio,
	}
}

// rebased sends requests to another host, because the SDK's own host is fixed.
type rebased struct {
	*client.Client
	baseURL string
}

// SendRequest implements client.BaseClient.
func (r rebased) SendRequest(
	method, rawURL string, data url.Values, header map[string]any, body ...byte,
) (*http.Response, error) {
	to := r.baseURL + strings.TrimPrefix(rawURL, twilioURL)
	return r.Client.SendRequest(method, to, data, header, body...)
}

func connectTwilio(t Target) (Calls, error) {
	direct := &client.Client{
		Credentials: client.NewCredentials(twilioAccount, "secret"),
		HTTPClient:  t.HTTPClient,
	}
	direct.SetAccountSid(twilioAccount)
	var base client.BaseClient = direct
	if t.BaseURL != "" {
		base = rebased{Client: direct, baseURL: t.BaseURL}
	}
	service := api.NewApiServiceWithClient(base)
	return Calls{
		Post: func(context.Context) (string, error) {
			params := new(api.CreateMessageParams).SetTo(recipient).SetFrom(sender).SetBody(text)
			message, err := service.CreateMessage(params)
			if err != nil {
				return "", err
			}
			return *message.Sid, nil
		},
		Get: func(context.Context) (string, error) {
			message, err := service.FetchMessage(messageSID, nil)
			if err != nil {
				return "", err
			}
			return *message.Sid, nil
		},
	}, nil
}
