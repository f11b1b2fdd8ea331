package hellio_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

func TestIteratorsReadBothShapesOfACursor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ first, last string }{
		"next to data": {
			`{"data":[{"message":"b"}],"next_cursor":"c+/1","per_page":1}`,
			`{"data":[{"message":"a"}],"next_cursor":null,"per_page":1}`,
		},
		"in meta": {
			`{"data":[{"message":"b"}],"meta":{"next_cursor":"c+/1","prev_cursor":null},"links":{}}`,
			`{"data":[{"message":"a"}],"meta":{"next_cursor":null}}`,
		},
		"one each": {
			`{"data":[{"message":"b"}],"next_cursor":"c+/1","meta":{}}`,
			`{"data":[{"message":"a"}],"meta":{"next_cursor":""}}`,
		},
		"empty at last": {
			`{"data":[{"message":"b"}],"next_cursor":"c+/1"}`,
			`{"data":[{"message":"a"}],"next_cursor":""}`,
		},
		"absent": {
			`{"data":[{"message":"b"}],"next_cursor":"c+/1"}`,
			`{"data":[{"message":"a"}]}`,
		},
		"an empty page": {
			`{"data":[],"next_cursor":"c+/1"}`,
			`{"data":[{"message":"b"},{"message":"a"}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, api := scripted(t, c.first, c.last)
			got, err := texts(
				client.Reports.Messages(t.Context(), &hellio.MessageListParams{
					PerPage: 1,
					Status:  "sent",
				}),
			)
			require.NoError(t, err)
			require.Equal(t, []string{"b", "a"}, got)
			require.Equal(
				t,
				[]string{
					"GET /v1/messages?per_page=1&status=sent",
					"GET /v1/messages?cursor=c%2B%2F1&per_page=1&status=sent",
				},
				api.requests(),
			)
		})
	}
}

// circle returns pages whose cursors first run through the given number of
// pages and then repeat in a cycle. Each page has one item, named by its
// cursor.
func circle(from string, before, length int) (bodies, items []string) {
	for i := range before + length {
		next := i + 1
		if next == before+length {
			next = before
		}
		name := func(i int) string {
			if i == 0 {
				return from
			}
			return fmt.Sprint("c", i)
		}
		items = append(items, name(i))
		bodies = append(bodies, fmt.Sprintf(`{"data":[{"message":%q}],"next_cursor":%q}`,
			name(i), name(next)))
	}
	return bodies, items
}

func TestRepeatedCursorsAreAnErrorInAnyCycle(t *testing.T) {
	t.Parallel()
	for before := range 4 {
		for length := 1; length < 5; length++ {
			for _, from := range []string{"", "w"} {
				if from == "" && before == 0 {
					continue // "" is the last page's cursor, and no circle
				}
				t.Run(fmt.Sprint(before, length, from), func(t *testing.T) {
					t.Parallel()
					bodies, want := circle(from, before, length)
					client, api := scripted(t, append(bodies, bodies[before])...)
					var r hellio.Response
					p := &hellio.MessageListParams{Cursor: from}
					got, err := texts(client.Reports.Messages(t.Context(), p,
						hellio.WithResponse(&r)))
					require.Equal(t, want, got, "each page once")
					require.Len(t, api.requests(), len(want))
					var unreadable *hellio.DecodeError
					require.ErrorAs(t, err, &unreadable)
					require.Equal(t, hellio.OutcomeAccepted, hellio.OutcomeOf(err))
					require.Equal(t, http.StatusOK, unreadable.Response.StatusCode)
					require.Equal(t, bodies[len(bodies)-1], string(unreadable.Response.Body))
					require.Equal(t, r, unreadable.Response, "WithResponse holds the same")
					require.ErrorContains(t, err,
						"message_list: 200 with an unreadable response: its next cursor")
				})
			}
		}
	}
}

func TestRepeatedCursorsAreAnErrorInEveryIterator(t *testing.T) {
	t.Parallel()
	type ctx = context.Context
	ussd := &hellio.USSDListParams{}
	for name, walk := range map[string]func(ctx, *hellio.Client) error{
		"message_list": func(x ctx, c *hellio.Client) error {
			return rangeOver(c.Reports.Messages(x, &hellio.MessageListParams{}))
		},
		"campaign_list": func(x ctx, c *hellio.Client) error {
			return rangeOver(c.Reports.Campaigns(x, &hellio.CampaignListParams{}))
		},
		"lookup_list": func(x ctx, c *hellio.Client) error {
			return rangeOver(c.Lookup.All(x, &hellio.LookupListParams{}))
		},
		"ussd_app_list": func(x ctx, c *hellio.Client) error {
			return rangeOver(c.USSD.Apps.All(x, ussd))
		},
		"ussd_extension_list": func(x ctx, c *hellio.Client) error {
			return rangeOver(c.USSD.Extensions.All(x, ussd))
		},
		"ussd_session_list": func(x ctx, c *hellio.Client) error {
			return rangeOver(c.USSD.Sessions.All(x, &hellio.USSDSessionListParams{}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, api := scripted(t, `{"data":[{"id":7}],"meta":{"next_cursor":"c"}}`)
			err := walk(t.Context(), client)
			var unreadable *hellio.DecodeError
			require.ErrorAs(t, err, &unreadable)
			require.ErrorContains(t, err, name)
			require.Len(t, api.requests(), 2, "the second page repeats the cursor")
		})
	}
}

// rangeOver ranges over a list to its end and joins all errors.
func rangeOver[T any](list iter.Seq2[T, error]) (all error) {
	for _, err := range list {
		all = errors.Join(all, err)
	}
	return all
}

func TestAnIteratorWithoutRepeatEndsWithoutError(t *testing.T) {
	t.Parallel()
	for name, bodies := range map[string][]string{
		"one page":             {`{"data":[{"message":"a"}]}`},
		"the last from a page": {`{"data":[{"message":"a"}],"next_cursor":""}`},
		"equal items": {
			`{"data":[{"message":"a"}],"next_cursor":"x"}`,
			`{"data":[{"message":"a"}],"next_cursor":"y"}`,
			`{"data":[{"message":"a"}],"next_cursor":null}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := scripted(t, bodies...)
			p := &hellio.MessageListParams{Cursor: "w"}
			got, err := texts(client.Reports.Messages(t.Context(), p))
			require.NoError(t, err)
			require.Len(t, got, len(bodies))
		})
	}
}

func TestIteratorsFetchNothingBeforeTheRange(t *testing.T) {
	t.Parallel()
	client, api := scripted(
		t,
		`{"data":[{"message":"c"},{"message":"b"}],"next_cursor":"x"}`,
		`{"data":[{"message":"a"}]}`,
	)
	messages := client.Reports.Messages(t.Context(), &hellio.MessageListParams{})
	client.Reports.Campaigns(t.Context(), &hellio.CampaignListParams{})
	client.Lookup.All(t.Context(), &hellio.LookupListParams{})
	require.Empty(t, api.requests())
	for range messages {
		break
	}
	require.Len(t, api.requests(), 1)
	for m := range messages { // a second range begins again
		if m.Message == "b" {
			break
		}
	}
	require.Len(t, api.requests(), 2, "a page is fetched when it is needed")
}

func TestIteratorsYieldAnErrorInPlaceAndEnd(t *testing.T) {
	t.Parallel()
	client, api := scripted(
		t,
		`{"data":[{"message":"b"}],"next_cursor":"x"}`,
		`{"message":"Forbidden."}`,
	)
	var errs, got int
	for m, err := range client.Reports.Messages(t.Context(), &hellio.MessageListParams{}) {
		if err == nil {
			got++
			continue
		}
		errs++
		require.Nil(t, m)
		var forbidden *hellio.PermissionError
		require.ErrorAs(t, err, &forbidden)
	}
	require.Equal(t, []int{1, 1, 2}, []int{got, errs, len(api.requests())})
}

func TestIteratorsRefuseBadInputInTheRange(t *testing.T) {
	t.Parallel()
	client, api := scripted(t, `{"data":[]}`)
	x := t.Context()
	messages := &hellio.MessageListParams{PerPage: 201}
	campaigns := &hellio.CampaignListParams{PerPage: 201}
	lookups := &hellio.LookupListParams{PerPage: 201}
	for field, errs := range map[string][]error{
		"params": {
			rangeOver(client.Reports.Messages(x, nil)),
			rangeOver(client.Reports.Campaigns(x, nil)),
			rangeOver(client.Lookup.All(x, nil)),
		},
		"per_page": {
			rangeOver(client.Reports.Messages(x, messages)),
			rangeOver(client.Reports.Campaigns(x, campaigns)),
			rangeOver(client.Lookup.All(x, lookups)),
		},
	} {
		for _, err := range errs {
			var bad *hellio.ParamError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, field, bad.Field)
		}
	}
	require.Empty(t, api.requests())
}

func TestObjectsAreReadFromEachPlace(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"in data":              `{"data":{"id":7,"status":"delivered"}}`,
		"in a list of one":     `{"data":[{"id":"7","status":"delivered"}]}`,
		"the first of two":     `{"data":[{"id":7,"status":"delivered"},{"id":8}]}`,
		"bare":                 `{"id":7,"status":"delivered"}`,
		"bare with a null one": `{"id":7,"status":"delivered","data":null,"reference":"r"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := scripted(t, body)
			m, err := client.Reports.GetMessage(t.Context(), "7")
			if name == "bare with a null one" {
				require.Error(t, err, "data is there, and holds nothing")
				return
			}
			require.NoError(t, err)
			require.Equal(t, []any{hellio.ID("7"), hellio.MessageDelivered}, []any{m.ID, m.Status})
			require.Contains(t, string(m.Raw), `"status":"delivered"`)
			require.NotContains(t, string(m.Raw), "[")
		})
	}
	client, _ := scripted(t, `{"reference":"r","status":"delivered"}`)
	m, err := client.Reports.GetMessage(t.Context(), "r")
	require.NoError(t, err, "bare, and named by its reference alone")
	require.Equal(t, "r", m.Reference)
	for _, body := range []string{
		``, `null`, `{}`, `{"data":null}`, `{"data":[]}`, `{"data":[null]}`, `{"data":"7"}`,
		`{"data":["7"]}`, `[{"id":7}]`, `{"data":{"id":7`, `{"status":"delivered"}`,
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			client, _ := scripted(t, body)
			m, err := client.Reports.GetMessage(t.Context(), "7")
			require.Nil(t, m)
			var unreadable *hellio.DecodeError
			require.ErrorAs(t, err, &unreadable)
		})
	}
}

func TestAPageWithoutDataIsAnError(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, `null`, `{}`, `{"data":null}`, `{"data":{}}`, `{"data":[7]}`, `[]`,
	} {
		client, _ := scripted(t, body)
		page, err := client.Reports.ListMessages(t.Context(), &hellio.MessageListParams{})
		require.Nil(t, page, body)
		var unreadable *hellio.DecodeError
		require.ErrorAs(t, err, &unreadable, body)
	}
}

// odd holds most members of the objects in an unexpected form, before, between
// and after valid ones.
const odd = `{"id":{"n":7},"reference":7,"campaign_id":true,"status":["queued"],` +
	`"accepted":"two","cost":{"amount":"1"},"estimated_cost":"GHS 1","price":"1e3",` +
	`"currency":7,"created_at":{"date":"x"},"completed_at":true,"valid":"yes",` +
	`"mailbox_exists":1,"statuses":[],"lookups":{},"segments":1.5,"zone":"GH",` +
	`"network":"MTN","mobile_number":"+233","sender":"HELLIO","email":"a@example.com",` +
	`"voice":"x","name":"Cars"}`

func TestAnOddMemberDoesNotAffectTheOthers(t *testing.T) {
	t.Parallel()
	read := func(into any) {
		t.Helper()
		require.NoError(t, json.Unmarshal([]byte(odd), into))
	}
	var (
		message  hellio.Message
		campaign hellio.Campaign
		voice    hellio.VoiceCampaign
		sent     hellio.VoiceSendResult
		lookup   hellio.Lookup
		batch    hellio.LookupBatch
		email    hellio.EmailResult
		price    hellio.Price
	)
	read(&message)
	read(&campaign)
	read(&voice)
	read(&sent)
	read(&lookup)
	read(&batch)
	read(&email)
	read(&price)
	for _, raw := range []json.RawMessage{
		message.Raw,
		campaign.Raw,
		voice.Raw,
		sent.Raw,
		lookup.Raw,
		batch.Raw,
		email.Raw,
		price.Raw,
	} {
		require.Equal(t, odd, string(raw))
	}
	require.Equal(t, hellio.Message{
		MobileNumber: "+233",
		Sender:       "HELLIO",
		Raw:          message.Raw,
	}, message)
	require.Equal(t, "HELLIO", campaign.Sender)
	require.True(t, campaign.Cost.IsZero())
	require.Equal(t, hellio.VoiceCampaign{Name: "Cars", Raw: voice.Raw}, voice)
	require.Equal(t, hellio.VoiceSendResult{Raw: sent.Raw}, sent)
	require.Equal(t, hellio.Lookup{MobileNumber: "+233", Network: "MTN", Raw: lookup.Raw}, lookup)
	require.Empty(t, batch.Lookups)
	require.Equal(t, hellio.EmailResult{Email: "a@example.com", Raw: email.Raw}, email)
	require.Equal(t, hellio.Price{Network: "MTN", Raw: price.Raw}, price)
}

func TestOtherJSONThanAnObjectIsRefused(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`7`, `"x"`, `[]`, `true`} {
		var m hellio.Message
		require.Error(t, json.Unmarshal([]byte(body), &m), body)
	}
}

func TestAPageKeepsEachOddObject(t *testing.T) {
	t.Parallel()
	client, _ := scripted(t, `{"data":[`+odd+`,{"id":8,"message":"Hi"}]}`)
	page, err := client.Reports.ListMessages(t.Context(), &hellio.MessageListParams{})
	require.NoError(t, err)
	require.Len(t, page.Data, 2)
	require.Equal(t, "Hi", page.Data[1].Message)
	require.True(t, strings.HasPrefix(string(page.Data[0].Raw), `{"id":{"n":7}`))
}
