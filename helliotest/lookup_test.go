package helliotest_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

const oneLookup = `{"numbers":["+233249990001"]}`

func (a api) lookup(body string) apiResponse {
	a.t.Helper()
	return a.do("POST", "/lookup", body)
}

func TestNumbersAreAcceptedEachWithALookup(t *testing.T) {
	t.Parallel()
	for name, numbers := range map[string]string{
		"array":             `["+233249990001","233 24-999-0001","233209990002","nope"]`,
		"commas":            `"+233249990001, 233249990001,,233209990002,nope"`,
		"lines of any kind": `"233249990001\r\n233209990002\nnope"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := helliotest.New(t)
			resp := newAPI(t, f).lookup(`{"numbers":` + numbers + `}`)
			require.Equal(t, 202, resp.status, resp.body)
			data := resp.data(t)
			items := data["lookups"].([]any)
			require.Len(t, items, 2)
			first, second := items[0].(map[string]any), items[1].(map[string]any)
			require.Equal(t,
				map[string]any{
					"id":            first["id"],
					"mobile_number": "+233249990001",
					"status":        "queued",
				}, first)
			require.Equal(t, "+233209990002", second["mobile_number"])
			require.NotEqual(t, first["id"], second["id"])
			delete(data, "lookups")
			require.Equal(t,
				map[string]any{
					"status":         "queued",
					"accepted":       2.0,
					"invalid":        1.0,
					"estimated_cost": "0.0200",
					"currency":       "GHS",
				}, data)
			require.Equal(t, "0.0200", f.Balance().Reserved)
		})
	}
}

func TestALookupRunsOnTheFakesClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		f.Fault(helliotest.LookupCreate, helliotest.Nth(1), helliotest.ToNumber("233209990002"),
			helliotest.CarrierFail())
		a := newAPI(t, f)
		items := a.lookup(`{"numbers":["233249990001","233209990002"]}`).data(t)["lookups"].([]any)
		path := func(i int) string {
			return fmt.Sprintf("/lookup/%.0f", items[i].(map[string]any)["id"])
		}
		want := a.get(path(0)).data(t)
		reference := want["reference"]
		require.Equal(t, map[string]any{
			"id":            want["id"],
			"reference":     reference,
			"mobile_number": "+233249990001",
			"status":        "queued",
			"valid":         nil,
			"reachable":     nil,
			"ported":        nil,
			"roaming":       nil,
			"network":       nil,
			"country":       nil,
			"mcc":           nil,
			"mnc":           nil,
			"cost":          "0.0100",
			"currency":      "GHS",
			"created_at":    "2000-01-01T00:00:00+00:00",
			"completed_at":  nil,
		}, want)
		time.Sleep(time.Second)
		want["status"] = "processing"
		require.Equal(t, want, a.get(path(0)).data(t))
		require.Equal(t, "0.0200", f.Balance().Reserved)

		time.Sleep(9 * time.Second)
		for name, value := range map[string]any{
			"status":       "completed",
			"valid":        true,
			"reachable":    true,
			"ported":       false,
			"roaming":      false,
			"network":      "MTN",
			"country":      "GH",
			"mcc":          "620",
			"mnc":          "01",
			"completed_at": "2000-01-01T00:00:10+00:00",
		} {
			want[name] = value
		}
		require.Equal(t, want, a.get(fmt.Sprintf("/lookup/%s", reference)).data(t))
		failed := a.get(path(1)).data(t)
		require.Equal(t, []any{"failed", nil, nil, "0.0000", "2000-01-01T00:00:10+00:00"},
			[]any{
				failed["status"], failed["valid"], failed["network"], failed["cost"],
				failed["completed_at"],
			})
		require.Equal(t, helliotest.Wallet{
			Balance:   "99.9900",
			Available: "99.9900",
			Reserved:  "0.0000",
			Currency:  "GHS",
		}, f.Balance())
	})
}

func TestALookupMayBeginLater(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at          string
		completedAt any // a minute after creation
	}{
		"in the future":  {`"2000-01-01T00:00:40Z"`, "2000-01-01T00:00:50+00:00"},
		"a fraction":     {`"2000-01-01T00:00:40.000Z"`, "2000-01-01T00:00:50+00:00"},
		"too far to see": {`"2000-01-02T00:00:00Z"`, nil},
		"in the past":    {`"1999-12-31T00:00:00Z"`, "2000-01-01T00:00:10+00:00"},
		"null":           {`null`, "2000-01-01T00:00:10+00:00"},
		"empty":          {`""`, "2000-01-01T00:00:10+00:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := helliotest.New(t)
				a := newAPI(t, f)
				resp := a.lookup(`{"numbers":["233249990001"],"scheduled_at":` + c.at + `}`)
				require.Equal(t, 202, resp.status, resp.body)
				require.Equal(t, "0.0100", f.Balance().Reserved, "at once, whenever it begins")
				time.Sleep(time.Minute)
				require.Equal(t, c.completedAt, a.lookups("").Data[0]["completed_at"])
			})
		})
	}
}

func TestALookupIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
		field  string
	}{
		"nothing":    {`{}`, 422, "invalid_request", "numbers"},
		"no numbers": {`{"numbers":[]}`, 422, "invalid_request", "numbers"},
		"a number too long": {
			`{"numbers":["` + strings.Repeat("2", 21) + `"]}`, 422, "invalid_request", "numbers.0",
		},
		"no valid numbers": {`{"numbers":["x","12"]}`, 422, "no_valid_numbers", ""},
		"an offset": {
			`{"numbers":["233249990001"],"scheduled_at":"2030-01-01T00:00:00+00:00"}`, 422,
			"invalid_request", "scheduled_at",
		},
		"a date": {
			`{"numbers":["233249990001"],"scheduled_at":"2030-01-01"}`, 422, "invalid_request",
			"scheduled_at",
		},
		"no money": {oneLookup, 402, "insufficient_balance", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, helliotest.New(t, helliotest.WithBalance("0.0099")))
			resp := a.lookup(c.body)
			resp.refused(t, c.status, c.code)
			if c.field != "" {
				require.Equal(t, []string{c.field}, keysOf(resp.decoded(t)["errors"]))
			}
			require.Empty(t, a.lookups("").Data)
		})
	}
	newAPI(t, helliotest.New(t, helliotest.WithSpendLimit("daily", "0.0099"))).lookup(oneLookup).
		refused(t, 403, "spend_limit_exceeded")
}

// lookupList is a page of lookups.
type lookupList struct {
	Data    []map[string]any
	Next    *string `json:"next_cursor"`
	PerPage int     `json:"per_page"`
}

func (a api) lookups(query string) (l lookupList) {
	a.t.Helper()
	resp := a.get("/lookups?" + query)
	require.Equal(a.t, 200, resp.status, resp.body)
	require.NoError(a.t, json.Unmarshal([]byte(resp.body), &l))
	return l
}

func TestLookupsAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	a.lookup(`{"numbers":["233249990001","233249990002","233249990003"]}`)
	first := a.lookups("per_page=2")
	require.Equal(t, 2, first.PerPage)
	require.Equal(t, "+233249990003", first.Data[0]["mobile_number"])
	a.lookup(oneLookup) // newer than the page
	second := a.lookups("per_page=2&cursor=" + url.QueryEscape(*first.Next))
	require.Len(t, second.Data, 1)
	require.Equal(t, "+233249990001", second.Data[0]["mobile_number"])
	require.Nil(t, second.Next)
	a.get("/lookups?per_page=0").refused(t, 422, "invalid_request")
	for _, other := range []string{"1", "nope", "00000000-0000-4000-8000-000000000000"} {
		a.get("/lookup/"+other).refused(t, 404, "not_found")
	}
}

func TestANumbersFirstDigitsDecideItsNetwork(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	a.lookup(`{"numbers":["233599990001","233509990001","233269990001","4915112345678"]}`)
	f.Advance(10 * time.Second)
	var got [][]any
	for _, l := range a.lookups("").Data {
		require.Equal(t, true, l["valid"])
		got = append(got, []any{l["mobile_number"], l["network"], l["country"], l["mcc"], l["mnc"]})
	}
	require.Equal(t, [][]any{
		{"+4915112345678", nil, nil, nil, nil},
		{"+233269990001", "AT", "GH", "620", "03"},
		{"+233509990001", "Telecel", "GH", "620", "02"},
		{"+233599990001", "MTN", "GH", "620", "01"},
	}, got)
}

func TestMagicNumbersChooseWhatALookupFinds(t *testing.T) {
	t.Parallel()
	for number, want := range map[string][]any{ // valid, reachable, ported, roaming, network
		helliotest.NumberDelivered:   {true, true, false, false, "MTN"},
		helliotest.NumberFailed:      {true, true, false, false, "MTN"},
		helliotest.NumberInvalid:     {false, false, nil, nil, nil},
		helliotest.NumberUnreachable: {true, false, false, nil, "MTN"},
		helliotest.NumberPorted:      {true, true, true, false, "Telecel"},
	} {
		t.Run(number, func(t *testing.T) {
			t.Parallel()
			f := helliotest.New(t)
			a := newAPI(t, f)
			require.Equal(t, 1.0, a.lookup(`{"numbers":["` + number + `"]}`).data(t)["accepted"])
			f.Advance(10 * time.Second)
			l := a.lookups("").Data[0]
			require.Equal(t, want,
				[]any{l["valid"], l["reachable"], l["ported"], l["roaming"], l["network"]})
			require.Equal(t, "99.9900", f.Balance().Balance,
				"an answer is paid for, whatever it is")
		})
	}
}
