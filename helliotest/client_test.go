package helliotest_test

import (
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestTheFakesClientSendsAndIsFoundOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		client := f.Client(hellio.WithDefaultSender("ACME"))
		sent, err := client.SMS.Send(t.Context(),
			&hellio.SMSSendParams{Recipients: []string{"+233209990001"}, Message: "Hi"})
		require.NoError(t, err)
		time.Sleep(5 * time.Second)
		message := f.Messages(helliotest.To("233209990001"), helliotest.From("ACME"))[0]
		require.Equal(t, "delivered", message.Status)
		require.Equal(t, string(sent.CampaignID), strconv.FormatInt(message.CampaignID, 10))
		require.NotEmpty(t, f.Requests()[0].IdempotencyKey)
	})
}

func TestALostReplyIsResolvedWithOneCharge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
		_, err := f.Client().SMS.Send(t.Context(),
			&hellio.SMSSendParams{
				Recipients: []string{"+233209990001"},
				Sender:     "HELLIO",
				Message:    "Hi",
			})
		require.NoError(t, err)
		require.Len(t, f.Messages(), 1)
		require.Len(t, f.Requests(), 2)
		require.True(t, f.Requests()[1].Replayed)
	})
}

func TestAnUnsentCallHasTheOutcomeNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		f.Fault(helliotest.SMSSend, helliotest.Always(), helliotest.LoseRequest())
		_, err := f.Client().SMS.Send(t.Context(),
			&hellio.SMSSendParams{
				Recipients: []string{"+233209990001"},
				Sender:     "HELLIO",
				Message:    "Hi",
			})
		require.True(t, errors.Is(err, hellio.ErrOutcomeUnknown))
	})
}

func TestTheClientsTokenHasEveryScope(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithToken("narrow", "otp"), helliotest.WithToken("wide"))
	_, err := f.Client().Balance.Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, "wide", f.Requests()[0].Token)

	only := helliotest.New(t, helliotest.WithToken("narrow", "otp"))
	_, err = only.Client().Balance.Get(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, "narrow", only.Requests()[0].Token)
}

func TestABadClientOptionFailsTheTest(t *testing.T) {
	t.Parallel()
	r := watch(t, func(tb testing.TB) { helliotest.New(tb).Client(hellio.WithBaseURL("::")) })
	require.Contains(t, r.fatal, "helliotest: Client:")
}
