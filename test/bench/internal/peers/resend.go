package peers

import (
	"context"
	"net/http"

	"github.com/resend/resend-go/v2"

	"github.com/hellio-go/hellio/test/bench/internal/wire"
)

const emailID = "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"

const emailBody = `{"object":"email","id":"` + emailID + `","to":["ama@example.com"],` +
	`"from":"Parcels <parcels@example.com>","created_at":"2026-03-04 05:06:07.894719+00",` +
	`"subject":"Your parcel","text":"` + text + `","last_event":"delivered"}`

const emailRefusal = "Invalid from field. The email address needs to follow the name " +
	"<email@example.com> format."

// resendGo sends an e-mail and reads one. Its error for a 422 is a text.
func resendGo() Peer {
	return Peer{
		Name:      "resend-go v2",
		PostReply: wire.Reply{Status: http.StatusOK, Body: emailBody},
		GetReply:  wire.Reply{Status: http.StatusOK, Body: emailBody},
		RefusedReply: wire.Reply{
			Status: http.StatusUnprocessableEntity,
			Body: `{"statusCode":422,"name":"validation_error",` +
				`"message":"` + emailRefusal + `"}`,
		},
		PostResult: emailID,
		GetResult:  emailID,
		Refused: func(err error) bool {
			return err != nil && err.Error() == "[ERROR]: "+emailRefusal
		},
		Untyped: true,
		Connect: connectResend,
	}
}

func connectResend(t Target) (Calls, error) {
	client := resend.NewCustomClient(t.HTTPClient, "re_123456789")
	if t.BaseURL != "" {
		base, err := client.BaseURL.Parse(t.BaseURL + "/")
		if err != nil {
			return Calls{}, err
		}
		client.BaseURL = base
	}
	return Calls{
		Post: func(ctx context.Context) (string, error) {
			sent, err := client.Emails.SendWithContext(ctx, &resend.SendEmailRequest{
				From:    "parcels@example.com",
				To:      []string{"ama@example.com"},
				Subject: "Parcel",
				Text:    text,
			})
			if err != nil {
				return "", err
			}
			return sent.Id, nil
		},
		Get: func(ctx context.Context) (string, error) {
			email, err := client.Emails.GetWithContext(ctx, emailID)
			if err != nil {
				return "", err
			}
			return email.Id, nil
		},
	}, nil
}
