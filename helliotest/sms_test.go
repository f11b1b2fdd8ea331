package helliotest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestASendIsAcceptedWithTheDocumentedBody(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	resp := newAPI(t, f).send(`{"recipients":["+233209990001","233249990002"],"sender":"HELLIO",` +
		`"message":"Hi"}`)
	require.Equal(t, http.StatusAccepted, resp.status)
	require.Equal(t, "application/json", resp.header.Get("Content-Type"))
	data := resp.data(t)
	ref, err := uuid.Parse(data["reference"].(string))
	require.NoError(t, err)
	require.Equal(t, uuid.Version(4), ref.Version())
	require.Equal(t, uuid.RFC4122, ref.Variant())
	require.NotZero(t, data["campaign_id"])
	delete(data, "reference")
	delete(data, "campaign_id")
	require.Equal(t, map[string]any{
		"status":              "queued",
		"accepted_recipients": 2.0,
		"invalid_recipients":  0.0,
		"segments":            1.0,
		"estimated_cost":      "0.0620",
		"currency":            "GHS",
	}, data)
}

func TestASendsChecksHaveAnOrder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"fields before sender": {
			`{"recipients":["x"],"sender":"NOPE"}`, 422, "invalid_request",
		},
		"sender before recipients": {
			`{"recipients":["x"],"sender":"NOPE","message":"m"}`, 422, "sender_not_approved",
		},
		"case of the sender": {
			`{"recipients":["x"],"sender":"hellio","message":"m"}`, 422, "sender_not_approved",
		},
		"recipients before the cap": {
			`{"recipients":["x","12"],"sender":"HELLIO","message":"m"}`, 422,
			"no_valid_recipients",
		},
		"cap before balance": {oneSMS, 403, "spend_limit_exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := helliotest.New(t, helliotest.WithBalance("0"),
				helliotest.WithSpendLimit("daily", "0.0300"))
			resp := newAPI(t, f).send(c.body)
			resp.refused(t, c.status, c.code)
			require.Empty(t, f.Messages())
			if c.status == 403 {
				require.Equal(t, "daily", resp.decoded(t)["period"])
			}
		})
	}
}

func TestATooLowBalanceRefusesTheWholeSend(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithBalance("0.0619"))
	a := newAPI(t, f)
	a.send(`{"recipients":["233209990001","233209990002"],"sender":"HELLIO","message":"Hi"}`).
		refused(t, 402, "insufficient_balance")
	require.Equal(t, http.StatusAccepted, a.send(oneSMS).status)
	require.Equal(t, "0.0309", f.Balance().Available)
}

func TestFieldErrorsReadAsTheValidatorWritesThem(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 1601)
	for name, c := range map[string]struct {
		body, message string
		errors        map[string]any
	}{
		"nothing": {`{}`, "The recipients field is required. (and 2 more errors)", map[string]any{
			"recipients": []any{"The recipients field is required."},
			"sender":     []any{"The sender field is required."},
			"message":    []any{"The message field is required."},
		}},
		"blank counts as absent": {`{"recipients":["233209990001"],"sender":"  ","message":"m"}`,
			"The sender field is required.",
			map[string]any{"sender": []any{"The sender field is required."}}},
		"null counts as absent": {`{"recipients":null,"sender":"HELLIO","message":"m"}`,
			"The recipients field is required.",
			map[string]any{"recipients": []any{"The recipients field is required."}}},
		"characters are code points": {`{"recipients":["233209990001"],"sender":"ABCDEFGHIJKL",` +
			`"message":"` + long + `"}`,
			"The sender field must not be greater than 11 characters. (and 1 more error)",
			map[string]any{
				"sender":  []any{"The sender field must not be greater than 11 characters."},
				"message": []any{"The message field must not be greater than 1600 characters."},
			}},
		"a recipient too long": {`{"recipients":["233209990001","` + strings.Repeat("2", 21) +
			`"],"sender":"HELLIO","message":"m"}`,
			"The recipients.1 field must not be greater than 20 characters.",
			map[string]any{
				"recipients.1": []any{
					"The recipients.1 field must not be greater than 20 characters.",
				},
			}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := newAPI(t, helliotest.New(t)).send(c.body)
			resp.refused(t, 422, "invalid_request")
			require.Equal(t, c.message, resp.decoded(t)["message"])
			require.Equal(t, c.errors, resp.decoded(t)["errors"])
		})
	}
}

func TestMoreThanTenThousandRecipientsAreRefused(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithBalance("1000"))
	body := func(n int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(`"23320%07d"`, i)
		}
		return `{"sender":"HELLIO","message":"Hi","recipients":[` + strings.Join(list, ",") + `]}`
	}
	newAPI(t, f).send(body(10_001)).refused(t, 422, "invalid_request")
	require.Equal(t, 10_000.0, newAPI(t, f).send(body(10_000)).data(t)["accepted_recipients"])
	require.Equal(t, "690.0000", f.Balance().Available)
}

func TestRecipientsAreNormalisedAndCountOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		recipients        string
		accepted, invalid float64
	}{
		"array": {
			`["+233 20-999-0001","233209990001","233209990002","1234567","nope"]`, 2, 2,
		},
		"commas":            {`"233209990001, 233209990002,,nope"`, 2, 1},
		"blank items":       {`"233209990001, ,\n\r\n233209990002, "`, 2, 0},
		"lines of any kind": {`"233209990001\r\n+233209990001\n233209990002\n"`, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := helliotest.New(t)
			data := newAPI(t, f).send(`{"recipients":` + c.recipients +
				`,"sender":"HELLIO","message":"Hi"}`).data(t)
			require.Equal(t, c.accepted, data["accepted_recipients"])
			require.Equal(t, c.invalid, data["invalid_recipients"])
			require.Len(t, f.Messages(), int(c.accepted))
			require.Equal(t, "+233209990001", f.Messages()[0].MobileNumber)
		})
	}
}

func TestSegmentsAreCounted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{
		strings.Repeat("a", 160):                         1,
		strings.Repeat("a", 161):                         2,
		strings.Repeat("a", 306):                         2,
		strings.Repeat("a", 307):                         3,
		strings.Repeat("€", 80):                          1,
		strings.Repeat("€", 81):                          2,
		strings.Repeat("a", 152) + "€" + "aaaaaaaaaa":    2,
		strings.Repeat("ж", 70):                          1,
		strings.Repeat("ж", 71):                          2,
		strings.Repeat("ж", 134):                         2,
		strings.Repeat("ж", 66) + "😀" + "жжжж":           2,
		strings.Repeat("😀", 66) + strings.Repeat("ж", 2): 3, // 33 pairs a segment: no pair is split
	} {
		t.Run(fmt.Sprintf("%d bytes", len(text)), func(t *testing.T) {
			t.Parallel()
			resp := newAPI(t, helliotest.New(t)).send(
				`{"recipients":["233209990001"],"sender":"HELLIO","message":"` + text + `"}`)
			require.Equal(t, want, resp.data(t)["segments"])
		})
	}
}

func TestAMessageRunsOnTheFakesClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.ToNumber("233209990002"),
			helliotest.CarrierFail())
		a := newAPI(t, f)
		sent := a.send(`{"recipients":["233209990001","233209990002"],"sender":"HELLIO",` +
			`"message":"Hi"}`).data(t)
		require.Equal(t, helliotest.Wallet{
			Balance:   "100.0000",
			Available: "99.9380",
			Reserved:  "0.0620",
			Currency:  "GHS",
		}, f.Balance())
		require.Equal(t, "queued", f.Messages()[0].Status)

		time.Sleep(time.Second)
		require.Equal(t, "sent", f.Messages()[0].Status)
		require.Equal(t, "0.0620", f.Balance().Reserved)

		time.Sleep(4 * time.Second)
		good, bad := f.Messages()[0], f.Messages()[1]
		require.Equal(t, "delivered", good.Status)
		require.Equal(t, 5*time.Second, good.DeliveredAt.Sub(good.CreatedAt))
		require.Equal(t, "failed", bad.Status)
		require.NotEmpty(t, bad.Error)
		require.Equal(t, helliotest.Wallet{
			Balance:   "99.9690",
			Available: "99.9690",
			Reserved:  "0.0000",
			Currency:  "GHS",
		}, f.Balance())

		shown := a.get("/messages/" + good.Reference).data(t)
		require.Equal(t, map[string]any{
			"id":                  float64(good.ID),
			"reference":           good.Reference,
			"campaign_id":         sent["campaign_id"],
			"channel":             "sms",
			"mobile_number":       "+233209990001",
			"sender":              "HELLIO",
			"message":             "Hi",
			"status":              "delivered",
			"segments":            1.0,
			"cost":                "0.0310",
			"currency":            "GHS",
			"provider_message_id": good.ProviderMessageID,
			"error":               nil,
			"created_at":          "2000-01-01T00:00:00+00:00",
			"sent_at":             "2000-01-01T00:00:01+00:00",
			"delivered_at":        "2000-01-01T00:00:05+00:00",
		}, shown)
	})
}

func TestTheSameSeedGivesTheSameReferences(t *testing.T) {
	t.Parallel()
	references := func(seed uint64) (all []string) {
		f := helliotest.New(t, helliotest.WithSeed(seed))
		for range 3 {
			all = append(all, newAPI(t, f).send(oneSMS).data(t)["reference"].(string))
		}
		return append(all, f.IssueToken())
	}
	require.Equal(t, references(7), references(7))
	require.NotEqual(t, references(7), references(8))
}

func TestASpendLimitCountsByTheCalendar(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithSpendLimit("daily", "0.0620"))
		a := newAPI(t, f)
		require.Equal(t, 202, a.send(oneSMS).status)
		require.Equal(t, 202, a.send(oneSMS).status)
		a.send(oneSMS).refused(t, 403, "spend_limit_exceeded")
		time.Sleep(24 * time.Hour)
		require.Equal(t, 202, a.send(oneSMS).status)

		require.NoError(t,
			f.Update(helliotest.AccountChange{SpendLimit: &helliotest.SpendLimit{
				Period: "monthly",
				Amount: "0.0930",
			}}))
		a.send(oneSMS).refused(t, 403, "spend_limit_exceeded")
		require.NoError(t, f.Update(helliotest.AccountChange{SpendLimit: &helliotest.SpendLimit{}}))
		require.Equal(t, 202, a.send(oneSMS).status)
	})
}

func TestAFailedMessageFreesItsSpendLimit(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithSpendLimit("monthly", "0.0310"))
	f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.CarrierFail())
	a := newAPI(t, f)
	require.Equal(t, 202, a.send(oneSMS).status)
	a.send(oneSMS).refused(t, 403, "spend_limit_exceeded")
	f.Advance(5 * time.Second)
	require.Equal(t, 202, a.send(oneSMS).status)
}

func TestADailySpendLimitCountsEveryDay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t, helliotest.New(t, helliotest.WithSpendLimit("daily", "0.0310")))
		time.Sleep(36 * time.Hour) // a bubble begins on the first, when day and month are the same
		require.Equal(t, 202, a.send(oneSMS).status)
		a.send(oneSMS).refused(t, 403, "spend_limit_exceeded")
	})
}

func TestALateRefundFreesNothingToday(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithSpendLimit("daily", "0.0310"))
		f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.CarrierFail())
		a := newAPI(t, f)
		time.Sleep(24*time.Hour - 2*time.Second)
		require.Equal(t, 202, a.send(oneSMS).status)
		time.Sleep(3 * time.Second)
		require.Equal(t, 202, a.send(oneSMS).status)
		time.Sleep(3 * time.Second)
		require.Equal(t, "failed", f.Messages()[0].Status)
		a.send(oneSMS).refused(t, 403, "spend_limit_exceeded")
	})
}

func TestNumbersThatBeginWithZeroAreNotCharged(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithUSSDBalance("1"))
	a := newAPI(t, f)
	mixed := a.send(`{"recipients":["+233244123456","0244123456","00233244123456"],` +
		`"sender":"HELLIO","message":"Hi"}`).data(t)
	require.Equal(t, 1.0, mixed["accepted_recipients"])
	require.Equal(t, 2.0, mixed["invalid_recipients"])
	require.Equal(t, "0.0310", mixed["estimated_cost"])
	require.Len(t, f.Messages(), 1)

	alone := `["0244123456"]`
	a.send(`{"recipients":`+alone+`,"sender":"HELLIO","message":"Hi"}`).refused(t, 422,
		"no_valid_recipients")
	a.do("POST", "/voice/send", `{"recipients":`+alone+`,"text":"Hi"}`).refused(t, 422,
		"no_valid_recipients")
	a.do("POST", "/otp/send", `{"mobile_number":"0244123456","sender":"HELLIO"}`).refused(t, 422,
		"invalid_recipient")
	a.do("POST", "/lookup", `{"numbers":`+alone+`}`).refused(t, 422, "no_valid_numbers")
	_, live := f.LookupOTP("0244123456")
	require.False(t, live)
	require.Equal(t, "0.0310", f.Balance().Reserved)
}
