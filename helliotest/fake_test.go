package helliotest_test

import (
	"testing"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestReturnedValuesAreTheCallersCopies(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, &receiver{}, hookSecret),
		helliotest.WithAllowedIPs("127.0.0.1"))
	a := newAPI(t, f)
	a.send(oneSMS)
	a.get("/messages?status=sent")
	f.Advance(5 * time.Second)
	f.Fault(helliotest.SMSSend, helliotest.Times(1), helliotest.Status(503, ""))
	a.send(oneSMS)
	look := func() []any {
		return []any{
			f.Requests(), f.Deliveries(), f.Messages(), f.Account(), f.Faults(), f.Behaviours(),
		}
	}
	want := look()

	request := f.Requests()[1]
	request.Query.Set("status", "failed")
	request.Header.Set("Accept", "text/html")
	clear(f.Requests()[0].Body)
	clear(f.Requests()[0].ResponseBody)
	delivery := f.Deliveries()[0]
	clear(delivery.Body)
	clear(delivery.Attempts[0].Header)
	delivery.Attempts[0].Error = "changed"
	account := f.Account()
	clear(account.Senders)
	clear(account.AllowedIPs)
	clear(f.Faults())
	clear(f.Behaviours())
	require.Equal(t, want, look())
}
