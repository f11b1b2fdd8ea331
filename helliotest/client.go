package helliotest

import (
	"slices"

	"github.com/hellio-go/hellio"
)

// Client returns a client that talks to this fake in process, with a token that has every scope. Options come after the fake's own, so
// that WithBaseURL(fake.URL()) with WithHTTPClient leads it over a real socket. A bad option fails the test.
func (f *Fake) Client(opts ...hellio.Option) *hellio.Client {
	f.tb.Helper()
	own := []hellio.Option{hellio.WithBaseURL("https://fake.hellio.invalid/v1"), hellio.WithHTTPClient(f.HTTPClient())}
	client, err := hellio.NewClient(f.clientToken(), slices.Concat(own, opts)...)
	if err != nil {
		f.tb.Fatalf("helliotest: Client: %v", err)
	}
	return client
}
