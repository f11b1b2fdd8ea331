package helliotest_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// internalHandler is what hellio-fake asks of a Fake's Handler.
type internalHandler interface {
	LookupMessage(id int64) (helliotest.Message, bool)
	CountMessages(filters ...helliotest.Filter) int
	Origin(messageID int64) (helliotest.Request, bool)
	RefusedCall() (helliotest.Request, bool)
	Call(id int64) (helliotest.Request, bool)
	CallsBefore(
		before, after int64, n int, pass func(helliotest.Request) bool,
	) []helliotest.Request
	CountCalls(after int64) int
	MessagesOf(callID int64, n int) (found []helliotest.Message, total int)
	NameTokens(name func(made string) string)
	AddToken(token string, scopes []string)
	TokenState(token string) (scopes []string, left int, ends time.Time, known bool)
	EachOTPWindow(yield func(address string, left int, ends time.Time))
	Spent() (amount string, ends time.Time)
	Holds() map[string]int
	DeliveriesTo(webhookID int64, n int) ([]helliotest.Delivery, map[string]int)
	LastID() int64
	DeliveriesOf(messageID int64) []helliotest.Delivery
	ReplayWith(deliveryID, effect string) error
	ServeOpen(rw http.ResponseWriter, req *http.Request) bool
	ShareBodies(total *atomic.Int64)
	KeptBodies() int64
	ShrinkBodies(most int64)
}

func programOf(f *helliotest.Fake) internalHandler { return f.Handler().(internalHandler) }

func TestAMessageIsFoundWithItsCall(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	a.send(textTo("233209990001", "first"))
	f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.NotJSON())
	a.send(textTo("233209990002", "second"))
	first, second := f.Messages()[0], f.Messages()[1]
	found, ok := programOf(f).LookupMessage(first.ID)
	require.True(t, ok)
	require.Equal(t, first, found)
	call, ok := programOf(f).Origin(second.ID)
	require.True(t, ok, "though its answer was no JSON")
	require.Contains(t, string(call.Body), "second")
	require.Equal(t, helliotest.SMSSend, call.Op)

	require.Equal(t, 2, programOf(f).CountMessages())
	require.Equal(t, 1, programOf(f).CountMessages(helliotest.To("233209990002")))
	require.Zero(t, programOf(f).CountMessages(helliotest.To("233209990003")))

	for _, id := range []int64{0, -1, first.CampaignID, second.ID + 1} {
		_, found := programOf(f).LookupMessage(id)
		_, made := programOf(f).Origin(id)
		require.False(t, found || made, id)
		require.Empty(t, programOf(f).DeliveriesOf(id))
	}
}

func TestAnEndedWorldOfAProgramAnswersNothing(t *testing.T) {
	t.Parallel()
	f, err := helliotest.Start()
	require.NoError(t, err)
	call := func() (open bool, answer *httptest.ResponseRecorder) {
		answer = httptest.NewRecorder()
		req := httptest.NewRequest(http.MethodGet, "/v1/balance", nil)
		req.Header.Set("Authorization", "Bearer "+helliotest.DefaultToken)
		return programOf(f).ServeOpen(answer, req), answer
	}
	open, answer := call()
	require.True(t, open)
	require.Equal(t, http.StatusOK, answer.Code)
	require.NoError(t, f.Close())
	open, answer = call()
	require.False(t, open)
	require.Empty(t, answer.Body.String())
	require.Empty(t, answer.Header())
}

func TestARefusalIsKeptUntilItsOperationSucceeds(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	code := func() string {
		call, _ := programOf(f).RefusedCall()
		return call.Code
	}
	require.Empty(t, code())
	a := newAPI(t, f)
	a.send(oneSMS)
	require.Empty(t, code())
	a.send(`{"recipients":["233209990003"],"sender":"NOBODY","message":"Hi"}`).refused(t, 422,
		"sender_not_approved")
	a.get("/balance")
	require.Equal(t, "sender_not_approved", code(), "another operation changes nothing")
	saved, err := f.Snapshot()
	require.NoError(t, err)
	a.send(oneSMS)
	require.Empty(t, code())
	_, refused := programOf(helliotest.New(t, helliotest.FromSnapshot(saved))).RefusedCall()
	require.False(t, refused, "a snapshot holds no calls")
}

func TestAMessageOfASnapshotHasNoOrigin(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	newAPI(t, f).send(oneSMS)
	saved, err := f.Snapshot()
	require.NoError(t, err)
	again := helliotest.New(t, helliotest.FromSnapshot(saved))
	_, known := programOf(again).Origin(again.Messages()[0].ID)
	require.False(t, known)
}

func TestDeliveriesOfAMessageAreItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, &receiver{}, hookSecret))
		sendTo(t, f, someone)
		sendTo(t, f, someone)
		f.Advance(time.Minute)
		for _, m := range f.Messages() {
			of := programOf(f).DeliveriesOf(m.ID)
			require.Len(t, of, 1)
			require.Equal(t, m.ID, of[0].MessageID)
		}
	})
}

func TestAReplayWithAnEffect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &receiver{}
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		sendTo(t, f, someone)
		f.Advance(time.Minute)
		id := f.Deliveries()[0].ID
		require.NoError(t, programOf(f).ReplayWith(id, "webhook_duplicate"))
		require.NoError(t, programOf(f).ReplayWith(id, "webhook_bad_signature"))
		seen := v.got()
		require.Len(t, seen, 4)
		require.Equal(t, seen[1], seen[2], "the same bytes and headers")
		require.True(t, seen[2].genuine(hookSecret))
		require.False(t, seen[3].genuine(hookSecret))
		require.Equal(t, "webhook_bad_signature", f.Deliveries()[0].Attempts[3].Fault)
		for _, effect := range []string{"webhook_lose", "lose_reply", "x"} {
			require.EqualError(t, programOf(f).ReplayWith(id, effect),
				`invalid effect: got "`+effect+`", want webhook_duplicate or webhook_bad_signature`)
		}
	})
}
