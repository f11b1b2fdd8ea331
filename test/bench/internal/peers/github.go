package peers

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/google/go-github/v74/github"

	"github.com/hellio-go/hellio/test/bench/internal/wire"
)

const issueURL = "https://api.github.com/repos/octo/parcels/issues/1347"

const issueBody = `{"id":1,"number":1347,"url":"` + issueURL + `","state":"open","title":"Parcel",` +
	`"body":"` + text + `","locked":false,"comments":0,"created_at":"2026-03-04T05:06:07Z",` +
	`"user":{"login":"ama","id":1}}`

// goGitHub opens an issue and reads one.
func goGitHub() Peer {
	return Peer{
		Name:      "go-github v74",
		PostReply: wire.Reply{Status: http.StatusCreated, Body: issueBody},
		GetReply:  wire.Reply{Status: http.StatusOK, Body: issueBody},
		RefusedReply: wire.Reply{
			Status: http.StatusUnprocessableEntity,
			Body: `{"message":"Validation Failed","errors":[{"resource":"Issue","field":"title",` +
				`"code":"missing_field"}],"documentation_url":"https://docs.github.com/rest"}`,
		},
		PostResult: issueURL,
		GetResult:  issueURL,
		Refused: func(err error) bool {
			var failure *github.ErrorResponse
			return errors.As(err, &failure) &&
				failure.Response.StatusCode == http.StatusUnprocessableEntity &&
				len(failure.Errors) == 1
		},
		Connect: connectGitHub,
	}
}

func connectGitHub(t Target) (Calls, error) {
	client := github.NewClient(t.HTTPClient).WithAuthToken(token)
	if t.BaseURL != "" {
		base, err := url.Parse(t.BaseURL + "/")
		if err != nil {
			return Calls{}, err
		}
		client.BaseURL = base
	}
	return Calls{
		Post: func(ctx context.Context) (string, error) {
			issue, _, err := client.Issues.Create(ctx, "octo", "parcels", &github.IssueRequest{
				Title:  github.Ptr("Parcel"),
				Body:   github.Ptr(text),
				Labels: &[]string{"parcel"},
			})
			return issue.GetURL(), err
		},
		Get: func(ctx context.Context) (string, error) {
			issue, _, err := client.Issues.Get(ctx, "octo", "parcels", 1347)
			return issue.GetURL(), err
		},
	}, nil
}
