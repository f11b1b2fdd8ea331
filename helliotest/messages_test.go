package helliotest_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// sendMany sends n messages; the text of each is its number.
func sendMany(t *testing.T, f *helliotest.Fake, n int) api {
	a := newAPI(t, f)
	for i := range n {
		require.Equal(t, 202,
			a.send(fmt.Sprintf(`{"recipients":["233209990001"],"sender":"HELLIO","message":"%d"}`,
				i)).status)
	}
	return a
}

// listing is a page of messages.
type listing struct {
	Data []struct {
		ID      int64
		Message string
	}
	Next    *string `json:"next_cursor"`
	PerPage int     `json:"per_page"`
}

func (a api) list(query string) (l listing) {
	a.t.Helper()
	resp := a.get("/messages?" + query)
	require.Equal(a.t, 200, resp.status, resp.body)
	require.NoError(a.t, json.Unmarshal([]byte(resp.body), &l))
	return l
}

func TestMessagesAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := sendMany(t, f, 5)
	first := a.list("per_page=2")
	require.Equal(t, 2, first.PerPage)
	require.Equal(t, "4", first.Data[0].Message)
	require.Equal(t, "3", first.Data[1].Message)
	a.send(oneSMS) // newer than the page
	second := a.list("per_page=2&cursor=" + url.QueryEscape(*first.Next))
	require.Equal(t, "2", second.Data[0].Message)
	third := a.list("per_page=2&cursor=" + url.QueryEscape(*second.Next))
	require.Len(t, third.Data, 1)
	require.Nil(t, third.Next)
}

func TestTheLastPageHasNoCursor(t *testing.T) {
	t.Parallel()
	require.Nil(t, sendMany(t, helliotest.New(t), 2).list("per_page=2").Next)
}

func TestAnEmptyPageIsAnArray(t *testing.T) {
	t.Parallel()
	require.JSONEq(t, `{"data":[],"next_cursor":null,"per_page":50}`,
		newAPI(t, helliotest.New(t)).get("/messages").body)
}

func TestPageParameters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := sendMany(t, helliotest.New(t), 3)
		require.Equal(t, 200, a.list("per_page=1000").PerPage)
		require.Equal(t, 50, a.list("per_page=").PerPage)
		require.Len(t, a.list("per_page=1").Data, 1)
		for _, bad := range []string{"0", "-1", "ten", "1.5", "99999999999999999999"} {
			resp := a.get("/messages?per_page=" + bad)
			resp.refused(t, 422, "invalid_request")
			require.Contains(t, resp.decoded(t)["errors"], "per_page")
		}
		for _, unreadable := range []string{"?", "e30", "bm90IGpzb24"} {
			require.Len(t, a.list("cursor="+url.QueryEscape(unreadable)).Data, 3,
				"an unreadable cursor is the first page")
		}
		require.Len(t, a.list("status=queued").Data, 3)
		require.Empty(t, a.list("status=lost").Data)
	})
}

func TestEveryListRefusesABadPage(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	for _, path := range []string{
		"/messages", "/campaigns", "/lookups", "/ussd/apps", "/ussd/extensions", "/ussd/sessions",
	} {
		a.get(path+"?per_page=0").refused(t, 422, "invalid_request")
	}
}

func TestAMessageIsFoundByEitherName(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := sendMany(t, f, 2)
	m := f.Messages()[1]
	require.Equal(t, "1", a.get(fmt.Sprintf("/messages/%d", m.ID)).data(t)["message"])
	require.Equal(t, "1", a.get("/messages/" + m.Reference).data(t)["message"])
	for _, other := range []string{
		"999999", "nope", "00000000-0000-4000-8000-000000000000", "%2e%2e",
		fmt.Sprint(m.CampaignID),
	} {
		a.get("/messages/"+other).refused(t, 404, "not_found")
	}
}

func TestAMessagesJSONIsThatOfTheAPI(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := sendMany(t, f, 1)
	f.Advance(time.Minute)
	m := f.Messages()[0]
	text, err := json.Marshal(map[string]any{"data": m})
	require.NoError(t, err)
	require.JSONEq(t, a.get("/messages/"+m.Reference).body, string(text))
}

func TestFiltersNarrowMessagesAndRequests(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	a.send(`{"recipients":["+233209990001","233209990002"],"sender":"HELLIO",` +
		`"message":"Your code"}`)
	mark := f.Mark()
	a.send(`{"recipients":"233209990001","sender":"ACME","message":"Your parcel"}`)
	a.get("/balance")
	for name, c := range map[string]struct {
		filters            []helliotest.Filter
		messages, requests int
	}{
		"none":          {nil, 3, 3},
		"zero":          {[]helliotest.Filter{{}}, 3, 3},
		"to":            {[]helliotest.Filter{helliotest.To("+233 20 999 0001")}, 2, 2},
		"to no one":     {[]helliotest.Filter{helliotest.To("233")}, 0, 0},
		"from":          {[]helliotest.Filter{helliotest.From("ACME")}, 1, 1},
		"contains":      {[]helliotest.Filter{helliotest.Contains("code")}, 2, 1},
		"channel":       {[]helliotest.Filter{helliotest.Channel("sms")}, 3, 2},
		"other channel": {[]helliotest.Filter{helliotest.Channel("email")}, 0, 0},
		"since":         {[]helliotest.Filter{helliotest.Since(mark)}, 1, 2},
		"all must pass": {
			[]helliotest.Filter{helliotest.Since(mark), helliotest.From("HELLIO")},
			0,
			0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Len(t, f.Messages(c.filters...), c.messages)
			require.Len(t, f.Requests(c.filters...), c.requests)
		})
	}
}

func TestARequestIsKeptWithItsAnswer(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.Lenient())
	a := newAPI(t, f)
	resp := a.do("POST", "/sms/send?x=1", " "+oneSMS, "Idempotency-Key", "k", "X-Mine", "v")
	f.Fault(helliotest.BalanceGet, helliotest.Nth(1), helliotest.LoseRequest())
	_, err := a.try("GET", "/balance", "")
	require.Error(t, err)
	r, lost := f.Requests()[0], f.Requests()[1]
	require.Equal(t, " "+oneSMS, string(r.Body))
	require.Equal(t, "Hi", r.Decoded.(map[string]any)["message"])
	require.Equal(t,
		[]any{
			"POST", "/v1/sms/send", "1", "v", "k", helliotest.DefaultToken, 202, "0.0310",
			resp.body,
		},
		[]any{
			r.Method, r.Path, r.Query.Get("x"), r.Header.Get("X-Mine"), r.IdempotencyKey, r.Token,
			r.Status, r.Charge, string(r.ResponseBody),
		})
	require.Equal(t, helliotest.SMSSend, r.Op)
	require.Equal(t, []any{0, "lose_request", "0.0000"},
		[]any{lost.Status, lost.Fault, lost.Charge})
	require.Nil(t, lost.Decoded)
}

func TestARequestKeepsTheAnswerDespiteAFault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		f.Fault(helliotest.BalanceGet, helliotest.Nth(1), helliotest.LoseReply())
		f.Fault(helliotest.BalanceGet, helliotest.Nth(2), helliotest.NotJSON())
		a := newAPI(t, f)
		f.Advance(time.Hour)
		_, err := a.try("GET", "/balance", "")
		require.Error(t, err)
		distorted, plain := a.get("/balance").body, a.get("/balance").body
		require.Contains(t, distorted, "<html>")
		var bodies []string
		for _, r := range f.Requests() {
			require.Equal(t, time.Now().UTC(), r.At)
			bodies = append(bodies, string(r.ResponseBody))
		}
		require.Equal(t, []string{plain, distorted, plain}, bodies)
	})
}

func TestARequestsOperationDecidesItsChannel(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	a.send(oneSMS)
	a.sendOTP(`{"mobile_number":"233209990001","sender":"HELLIO"}`)
	a.sendOTP(`{"email":"ama@example.com","channel":"email"}`)
	a.call(`{"recipients":["233209990001"],"text":"Hello"}`)
	a.get("/balance")
	for channel, ops := range map[string][]helliotest.Op{
		"sms":   {helliotest.SMSSend, helliotest.OTPSend},
		"email": {helliotest.OTPSend},
		"voice": {helliotest.VoiceSend},
		"":      {helliotest.BalanceGet},
		"fax":   nil,
	} {
		var found []helliotest.Op
		for _, r := range f.Requests(helliotest.Channel(channel)) {
			found = append(found, r.Op)
		}
		require.Equal(t, ops, found, channel)
	}
}

func TestADecodedNumberKeepsItsDigits(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.Lenient())
	newAPI(t, f).send(`{"recipients":[233209990001234567890]}`)
	require.Equal(t, map[string]any{"recipients": []any{json.Number("233209990001234567890")}},
		f.Requests()[0].Decoded)
}

func TestABodyWithTrailingDataIsNotJSON(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.Lenient())
	a := newAPI(t, f)
	for _, more := range []string{"}", "]", " 1", "{}", "x"} {
		require.Equal(t, 400, a.send(oneSMS+more).status, more)
	}
	for _, r := range f.Requests() {
		require.Nil(t, r.Decoded, "%s", r.Body)
	}
	require.Empty(t, f.Requests(helliotest.From("HELLIO")))
}
