package hellio_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

// deliveredID is the id of deliveredBody, with the SHA-256 of its number.
const deliveredID = "message.delivered:prv-77:delivered:" +
	"ed4d1bb9b89b78e5898307c0fb951fd50504c9b0fc1407a9bc40467f66fbcbe9"

// parseDelivery returns the event of a body.
func parseDelivery(t testing.TB, body string) *hellio.WebhookEvent {
	t.Helper()
	e, err := hellio.ParseWebhook(signedNow(webhookSecret, body), []byte(body), webhookSecret)
	require.NoError(t, err)
	return e
}

func TestADeliveryIsDecodedAsSigned(t *testing.T) {
	t.Parallel()
	e := parseDelivery(t, deliveredBody)
	require.Equal(t, hellio.EventMessageDelivered, e.Event)
	require.Equal(t, "+233209990001", e.MobileNumber)
	require.Equal(t, "prv-77", e.ProviderMessageID)
	require.Equal(t, hellio.MessageDelivered, e.Status)
	require.EqualValues(t, 1772600767, e.Timestamp.Unix())
	require.Equal(t, deliveredBody, string(e.Raw))
	require.Equal(t, deliveredID, e.DedupeID())
}

func TestRawIsACopyOfTheBody(t *testing.T) {
	t.Parallel()
	body := []byte(deliveredBody)
	e, err := hellio.ParseWebhook(signedNow(webhookSecret, deliveredBody), body, webhookSecret)
	require.NoError(t, err)
	clear(body)
	require.Equal(t, deliveredBody, string(e.Raw))
}

func TestOnlyAnEventIsAValidBody(t *testing.T) {
	t.Parallel()
	pad := func(size int) string {
		return deliveredBody + strings.Repeat(" ", size-len(deliveredBody))
	}
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	malformed := hellio.ErrMalformedWebhook
	for name, c := range map[string]struct {
		body string
		want error
	}{
		"1 MiB":                {pad(1 << 20), nil},
		"1 byte above 1 MiB":   {pad(1<<20 + 1), hellio.ErrWebhookTooLarge},
		"empty":                {"", malformed},
		"a space":              {" ", malformed},
		"not JSON":             {"event=message.delivered", malformed},
		"cut off":              {deliveredBody[:40], malformed},
		"two objects":          {deliveredBody + deliveredBody, malformed},
		"an array":             {"[" + deliveredBody + "]", malformed},
		"a string":             {`"message.delivered"`, malformed},
		"a number":             {"12", malformed},
		"null":                 {"null", malformed},
		"no event":             {`{"status":"delivered"}`, malformed},
		"an empty event":       {`{"event":""}`, malformed},
		"a null event":         {`{"event":null}`, malformed},
		"a number for event":   {`{"event":5}`, malformed},
		"Event for event":      {`{"Event":"message.delivered"}`, malformed},
		"invalid UTF-8":        {"{\"event\":\"a\xff\"}", malformed},
		"a byte order mark":    {"\ufeff" + deliveredBody, malformed},
		"the event twice":      {`{"event":"message.delivered","event":"a"}`, malformed},
		"twice, once escaped":  {`{"event":"message.delivered","\u0065vent":"a"}`, malformed},
		"an unread name twice": {`{"event":"message.delivered","a":1,"a":2}`, malformed},
		"too deep":             {`{"event":"a","b":` + deep + `}`, malformed},
		"a nested name twice":  {`{"event":"message.delivered","a":{"b":1,"b":2}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := signedNow(webhookSecret, c.body)
			e, err := hellio.ParseWebhook(h, []byte(c.body), webhookSecret)
			require.Equal(t, c.want == nil, e != nil)
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestUnknownKindsAndOddMembersPassThrough(t *testing.T) {
	t.Parallel()
	failed := hellio.WebhookEvent{Event: "message.failed"}
	for name, c := range map[string]struct {
		body string
		want hellio.WebhookEvent
	}{
		"an unknown kind": {
			`{"event":"lookup.completed","lookup":{"id":5}}`,
			hellio.WebhookEvent{Event: "lookup.completed"},
		},
		"an unknown status": {
			`{"event":"message.failed","provider_message_id":"p","status":"expired"}`,
			hellio.WebhookEvent{
				Event:             "message.failed",
				ProviderMessageID: "p",
				Status:            "expired",
			},
		},
		"numbers for texts": {
			`{"event":"message.failed","provider_message_id":77,"mobile_number":233209990001}`,
			hellio.WebhookEvent{
				Event:             "message.failed",
				ProviderMessageID: "77",
				MobileNumber:      "233209990001",
			},
		},
		"objects for texts": {
			`{"event":"message.failed","provider_message_id":{},"mobile_number":[],` +
				`"status":{},"timestamp":{}}`,
			failed,
		},
		"nulls": {
			`{"event":"message.failed","provider_message_id":null,"mobile_number":null,` +
				`"status":null,"timestamp":null}`,
			failed,
		},
		"spaces and a new member": {
			" {\n\"event\" : \"message.failed\", \"new\": [1] }\n",
			failed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := c.want
			want.Raw = []byte(c.body)
			require.Equal(t, want, *parseDelivery(t, c.body))
		})
	}
}

// webhookReport is a delivery's body, each member as JSON text; "" for none.
type webhookReport struct {
	event     string
	number    string
	message   string
	status    string
	timestamp string
	extra     string
}

func (r webhookReport) body() string {
	var members []string
	for _, m := range [][2]string{
		{"event", r.event},
		{"mobile_number", r.number},
		{"provider_message_id", r.message},
		{"status", r.status},
		{"timestamp", r.timestamp},
		{"extra", r.extra},
	} {
		if m[1] != "" {
			members = append(members, `"`+m[0]+`":`+m[1])
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

// identity is what all deliveries of one report have in common.
func (r webhookReport) identity() string {
	known := r.event == `"message.delivered"` || r.event == `"message.failed"`
	for _, member := range []string{r.number, r.message, r.status} {
		if len(member) < 3 || member[0] != '"' {
			return r.body() // the member is no text, or an empty one
		}
	}
	if !known || strings.Contains(r.status, ":") {
		return r.body()
	}
	return strings.Join([]string{r.event, r.number, r.message, r.status}, " ")
}

// webhookReports returns every combination of some values of each member.
func webhookReports() []webhookReport {
	sum := sha256.Sum256([]byte("+233209990001"))
	joined := `"p:delivered:` + hex.EncodeToString(sum[:]) + `"`
	all := []webhookReport{{}}
	for _, member := range []struct {
		set    func(*webhookReport, string)
		values []string
	}{
		{
			func(r *webhookReport, v string) { r.event = v },
			[]string{`"message.delivered"`, `"message.failed"`, `"message.updated"`},
		},
		{
			func(r *webhookReport, v string) { r.number = v },
			[]string{"", `""`, "{}", "[]", `"+233209990001"`, `"233209990001"`},
		},
		{
			func(r *webhookReport, v string) { r.message = v },
			[]string{"", `""`, "{}", "[]", `"p"`, `"p:delivered"`, joined},
		},
		{
			func(r *webhookReport, v string) { r.status = v },
			[]string{"", `""`, "{}", "5", `"delivered"`, `"failed"`, `"delivered:delivered"`},
		},
		{
			func(r *webhookReport, v string) { r.timestamp = v },
			[]string{"", `"earlier"`, `"later"`},
		},
		{
			func(r *webhookReport, v string) { r.extra = v },
			[]string{"", "1"},
		},
	} {
		var next []webhookReport
		for _, r := range all {
			for _, value := range member.values {
				member.set(&r, value)
				next = append(next, r)
			}
		}
		all = next
	}
	return all
}

func TestADedupeIDStandsForOneReport(t *testing.T) {
	t.Parallel()
	ids := map[string]string{}        // by identity
	identities := map[string]string{} // by id
	for _, r := range webhookReports() {
		id := parseDelivery(t, r.body()).DedupeID()
		require.NotEmpty(t, id)
		require.LessOrEqual(t, len(id), 255)
		if other, known := identities[id]; known {
			require.Equal(t, other, r.identity(), "two reports have one id: %s", id)
		}
		if other, known := ids[r.identity()]; known {
			require.Equal(t, other, id, "one report has two ids: %s", r.body())
		}
		identities[id] = r.identity()
		ids[r.identity()] = id
	}
	t.Log(len(webhookReports()), "deliveries of", len(ids), "reports")
}

func TestReportsThatDifferInOneFieldDiffer(t *testing.T) {
	t.Parallel()
	known := webhookReport{
		event:     `"message.delivered"`,
		number:    `"+233209990001"`,
		message:   `"prv-77"`,
		status:    `"delivered"`,
		timestamp: `"2026-03-04T05:06:07+00:00"`,
	}
	unknown := known
	unknown.event = `"message.updated"`
	differ := func(before webhookReport, change func(*webhookReport)) bool {
		after := before
		change(&after)
		id := parseDelivery(t, before.body()).DedupeID()
		return id != parseDelivery(t, after.body()).DedupeID()
	}
	for name, c := range map[string]struct {
		change  func(*webhookReport)
		known   bool // the id of a known kind changes
		unknown bool // the id of another kind changes
	}{
		"nothing":   {func(*webhookReport) {}, false, false},
		"event":     {func(r *webhookReport) { r.event = `"message.failed"` }, true, true},
		"number":    {func(r *webhookReport) { r.number = `"+233209990002"` }, true, true},
		"message":   {func(r *webhookReport) { r.message = `"prv-78"` }, true, true},
		"status":    {func(r *webhookReport) { r.status = `"failed"` }, true, true},
		"timestamp": {func(r *webhookReport) { r.timestamp = `"later"` }, false, true},
		"extra":     {func(r *webhookReport) { r.extra = "1" }, false, true},
	} {
		require.Equal(t, c.known, differ(known, c.change), name)
		require.Equal(t, c.unknown, differ(unknown, c.change), name)
	}
}

func TestALongDedupeIDIsAHash(t *testing.T) {
	t.Parallel()
	for length, hashed := range map[int]bool{162: false, 163: true} {
		id := parseDelivery(t, webhookReport{
			event:   `"message.delivered"`,
			number:  `"+233209990001"`,
			message: `"` + strings.Repeat("9", length) + `"`,
			status:  `"delivered"`,
		}.body()).DedupeID()
		require.Equal(t, hashed, strings.HasPrefix(id, "sha256:"))
		require.LessOrEqual(t, len(id), 255)
	}
}

func TestAnEventWithoutBodyHasNoDedupeID(t *testing.T) {
	t.Parallel()
	var missing *hellio.WebhookEvent
	require.Empty(t, missing.DedupeID())
	require.Empty(t, new(hellio.WebhookEvent).DedupeID())
	require.Empty(t, (&hellio.WebhookEvent{Event: "message.updated"}).DedupeID())

	e := parseDelivery(t, deliveredBody)
	e.Raw = nil // as after a queue that stores events as JSON
	require.Equal(t, deliveredID, e.DedupeID())
}

func TestAnEventPrintsWithoutItsNumber(t *testing.T) {
	t.Parallel()
	const want = "WebhookEvent{message.delivered, message prv-77, " +
		"status delivered, number +**********01}"
	e := parseDelivery(t, deliveredBody)
	for _, value := range []any{*e, e, []any{e}} {
		for _, verb := range []string{"%v", "%+v", "%s", "%d"} {
			printed := fmt.Sprintf(verb, value)
			require.Contains(t, printed, want)
			require.NotContains(t, printed, "20999")
		}
	}
	require.NotContains(t, fmt.Sprintf("%#v", e), "20999")

	var logged bytes.Buffer
	logTo(&logged).Info("event", "event", *e, "pointer", e)
	require.Equal(t, 2, strings.Count(logged.String(), want))
	require.NotContains(t, logged.String(), "20999")
}

func TestANilEventPrintsWithoutAPanic(t *testing.T) {
	t.Parallel()
	var missing *hellio.WebhookEvent
	require.Contains(t, fmt.Sprint(missing), "nil")
	var logged bytes.Buffer
	logTo(&logged).Info("event", "event", missing)
	require.NotEmpty(t, logged.String())
}
