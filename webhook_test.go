package hellio_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

const (
	webhookSecret = "whsec_0123456789abcdef"
	nextSecret    = "whsec_fedcba9876543210"
	deliveredBody = `{"event":"message.delivered","mobile_number":"+233209990001","provider_message_id":"prv-77","status":"delivered",` +
		`"timestamp":"2026-03-04T05:06:07+00:00"}`
	deliveredID = "message.delivered:prv-77:delivered:" + // and the SHA-256 of the number
		"ed4d1bb9b89b78e5898307c0fb951fd50504c9b0fc1407a9bc40467f66fbcbe9"
)

// hexMAC signs as the API does, without the library's help.
func hexMAC(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// signedAt gives the headers of a delivery that was signed at a timestamp.
func signedAt(secret, timestamp, body string) http.Header {
	return http.Header{
		"X-Hellio-Signature":    {hexMAC(secret, body)},
		"X-Hellio-Signature-V2": {hexMAC(secret, timestamp+"."+body)},
		"X-Hellio-Timestamp":    {timestamp},
	}
}

// signedNow gives the headers of a delivery that was signed just now.
func signedNow(secret, body string) http.Header {
	return signedAt(secret, unix(0), body)
}

// unix is the timestamp of a moment seen from now.
func unix(d time.Duration) string { return strconv.FormatInt(time.Now().Add(d).Unix(), 10) }

func TestADeliveryIsReadAsItWasSigned(t *testing.T) {
	t.Parallel()
	e, err := hellio.ParseWebhook(signedNow(webhookSecret, deliveredBody), []byte(deliveredBody), webhookSecret)
	require.NoError(t, err)
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

func TestOnlyARightHeaderOfTheRightFormOpensADelivery(t *testing.T) {
	t.Parallel()
	const v1, v2, stamp = "X-Hellio-Signature", "X-Hellio-Signature-V2", "X-Hellio-Timestamp"
	set := func(name string, values ...string) func(http.Header) { return func(h http.Header) { h[name] = values } }
	change := func(name string, f func(string) string) func(http.Header) {
		return func(h http.Header) { h[name] = []string{f(h[name][0])} }
	}
	sign := func(secret, tail string) func(http.Header) {
		return func(h http.Header) { h[v2] = []string{hexMAC(secret, h[stamp][0]+"."+deliveredBody+tail)} }
	}
	double := func(name string) func(http.Header) {
		return func(h http.Header) { h[name] = append(h[name], h[name][0]) }
	}
	for name, c := range map[string]struct {
		change func(http.Header)
		want   error
	}{
		"as it came":                  {func(http.Header) {}, nil},
		"upper-case hex":              {change(v2, strings.ToUpper), nil},
		"V1 missing":                  {func(h http.Header) { delete(h, v1) }, nil},
		"V1 wrong, V2 right":          {set(v1, strings.Repeat("0", 64)), nil},
		"no headers":                  {func(h http.Header) { clear(h) }, hellio.ErrMissingSignature},
		"V2 missing":                  {func(h http.Header) { delete(h, v2) }, hellio.ErrMissingSignature},
		"timestamp missing":           {func(h http.Header) { delete(h, stamp) }, hellio.ErrMissingSignature},
		"V1 doubled":                  {double(v1), hellio.ErrBadSignature},
		"V2 doubled":                  {double(v2), hellio.ErrBadSignature},
		"timestamp doubled":           {double(stamp), hellio.ErrBadSignature},
		"a wrong V2 beside the right": {func(h http.Header) { h[v2] = []string{strings.Repeat("0", 64), h[v2][0]} }, hellio.ErrBadSignature},
		"V2 twice in one header":      {change(v2, func(s string) string { return s + ", " + s }), hellio.ErrBadSignature},
		"V2 empty":                    {set(v2, ""), hellio.ErrBadSignature},
		"V2 without a value":          {set(v2), hellio.ErrMissingSignature},
		"V2 with a space before":      {change(v2, func(s string) string { return " " + s }), hellio.ErrBadSignature},
		"V2 with a space after":       {change(v2, func(s string) string { return s + " " }), hellio.ErrBadSignature},
		"V2 too short":                {change(v2, func(s string) string { return s[:62] }), hellio.ErrBadSignature},
		"V2 of odd length":            {change(v2, func(s string) string { return s[:63] }), hellio.ErrBadSignature},
		"V2 too long":                 {change(v2, func(s string) string { return s + "00" }), hellio.ErrBadSignature},
		"V2 with a tail not hex":      {change(v2, func(s string) string { return s + "zz" }), hellio.ErrBadSignature},
		"V2 not hex":                  {set(v2, strings.Repeat("zz", 32)), hellio.ErrBadSignature},
		"V2 with a prefix":            {change(v2, func(s string) string { return "sha256=" + s }), hellio.ErrBadSignature},
		"V2 of another body":          {sign(webhookSecret, " "), hellio.ErrBadSignature},
		"V2 of another secret":        {sign(nextSecret, ""), hellio.ErrBadSignature},
		"V2 of no secret":             {sign("", ""), hellio.ErrBadSignature},
		"V1 in the place of V2":       {func(h http.Header) { h[v2] = h[v1] }, hellio.ErrBadSignature},
		"another timestamp":           {func(h http.Header) { h[stamp] = []string{unix(time.Second)} }, hellio.ErrBadSignature},
		"timestamp with a zero more":  {change(stamp, func(s string) string { return "0" + s }), hellio.ErrBadSignature},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				header := signedAt(webhookSecret, unix(0), deliveredBody)
				c.change(header)
				e, err := hellio.ParseWebhook(header, []byte(deliveredBody), webhookSecret)
				require.Equal(t, c.want == nil, e != nil)
				require.ErrorIs(t, err, c.want)
			})
		})
	}
}

// respelt returns headers whose names are changed by a function.
func respelt(h http.Header, spell func(string) string) http.Header {
	out := http.Header{}
	for name, values := range h {
		out[spell(name)] = values
	}
	return out
}

func TestHeaderNamesMatchInAnyCase(t *testing.T) {
	t.Parallel()
	const v1, v2, stamp = "X-Hellio-Signature", "X-Hellio-Signature-V2", "X-Hellio-Timestamp"
	also := func(name, value string) func(http.Header) http.Header {
		return func(h http.Header) http.Header {
			h[name] = []string{value}
			return h
		}
	}
	again := func(name string) func(http.Header) http.Header {
		return func(h http.Header) http.Header { return also(strings.ToLower(name), h[name][0])(h) }
	}
	for name, c := range map[string]struct {
		change func(http.Header) http.Header
		want   error
	}{
		"lower case": {
			func(h http.Header) http.Header { return respelt(h, strings.ToLower) },
			nil,
		},
		"upper case": {
			func(h http.Header) http.Header { return respelt(h, strings.ToUpper) },
			nil,
		},
		"V1 in two cases":        {again(v1), hellio.ErrBadSignature},
		"V2 in two cases":        {again(v2), hellio.ErrBadSignature},
		"timestamp in two cases": {again(stamp), hellio.ErrBadSignature},
		"another header":         {also("x-hellio-signature-v3", "0"), nil},
		"a long s for the S": {
			func(h http.Header) http.Header {
				return respelt(h, func(s string) string { return strings.Replace(s, "S", "\u017f", 1) })
			},
			hellio.ErrMissingSignature,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := c.change(signedNow(webhookSecret, deliveredBody))
			e, err := hellio.ParseWebhook(h, []byte(deliveredBody), webhookSecret)
			require.Equal(t, c.want == nil, e != nil)
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestATimestampIsTakenOnlyInItsFormAndNearNow(t *testing.T) {
	t.Parallel()
	seconds := func(d time.Duration) func() string { return func() string { return unix(d) } }
	text := func(s string) func() string { return func() string { return s } }
	for name, c := range map[string]struct {
		timestamp func() string
		want      error
	}{
		"now":                       {seconds(0), nil},
		"5 min old":                 {seconds(-5 * time.Minute), nil},
		"5 min ahead":               {seconds(5 * time.Minute), nil},
		"with leading zeros":        {func() string { return "00" + unix(0) }, nil},
		"older than 5 min":          {seconds(-5*time.Minute - time.Second), hellio.ErrTimestampOutOfRange},
		"more than 5 min ahead":     {seconds(5*time.Minute + time.Second), hellio.ErrTimestampOutOfRange},
		"zero":                      {text("0"), hellio.ErrTimestampOutOfRange},
		"year 9999":                 {text("253402300799"), hellio.ErrTimestampOutOfRange},
		"the greatest of 12 digits": {text("999999999999"), hellio.ErrTimestampOutOfRange},
		"milliseconds":              {func() string { return "1" + unix(0) + "000" }, hellio.ErrMalformedWebhook},
		"13 digits, zeros first":    {func() string { return "0000" + unix(0) }, hellio.ErrMalformedWebhook},
		"ISO 8601":                  {text("2000-01-01T00:00:00Z"), hellio.ErrMalformedWebhook},
		"negative":                  {func() string { return "-" + unix(0) }, hellio.ErrMalformedWebhook},
		"with a sign":               {func() string { return "+" + unix(0) }, hellio.ErrMalformedWebhook},
		"with a fraction":           {func() string { return unix(0) + ".0" }, hellio.ErrMalformedWebhook},
		"hexadecimal":               {text("0x386d4380"), hellio.ErrMalformedWebhook},
		"with an exponent":          {text("9e8"), hellio.ErrMalformedWebhook},
		"with a space before":       {func() string { return " " + unix(0) }, hellio.ErrMalformedWebhook},
		"with a space after":        {func() string { return unix(0) + " " }, hellio.ErrMalformedWebhook},
		"Arabic digits":             {text("٩٤٦٦٨٤٨٠٠"), hellio.ErrMalformedWebhook},
		"full-width digits":         {text("９４６"), hellio.ErrMalformedWebhook},
		"empty":                     {text(""), hellio.ErrMalformedWebhook},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // the clock stands at a whole second
				e, err := hellio.ParseWebhook(signedAt(webhookSecret, c.timestamp(), deliveredBody), []byte(deliveredBody), webhookSecret)
				require.Equal(t, c.want == nil, e != nil)
				require.ErrorIs(t, err, c.want)
			})
		})
	}
}

func TestBytesCannotMoveBetweenTimestampAndBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := unix(0) + "." + deliveredBody
		header := signedAt(webhookSecret, "1", body) // "1." + now + "." + body reads as timestamp "1.<now>" with the shorter body, too
		header.Set("X-Hellio-Timestamp", "1."+unix(0))
		_, err := hellio.ParseWebhook(header, []byte(deliveredBody), webhookSecret)
		require.ErrorIs(t, err, hellio.ErrMalformedWebhook)
	})
}

func TestASignedBodyIsRefusedUnlessItIsOneEvent(t *testing.T) {
	t.Parallel()
	padded := func(size int) string { return deliveredBody + strings.Repeat(" ", size-len(deliveredBody)) }
	for name, c := range map[string]struct {
		body string
		want error
	}{
		"1 MiB":                 {padded(1 << 20), nil},
		"1 byte above 1 MiB":    {padded(1<<20 + 1), hellio.ErrWebhookTooLarge},
		"empty":                 {"", hellio.ErrMalformedWebhook},
		"a space":               {" ", hellio.ErrMalformedWebhook},
		"not JSON":              {"event=message.delivered", hellio.ErrMalformedWebhook},
		"cut off":               {deliveredBody[:40], hellio.ErrMalformedWebhook},
		"two objects":           {deliveredBody + deliveredBody, hellio.ErrMalformedWebhook},
		"an array":              {"[" + deliveredBody + "]", hellio.ErrMalformedWebhook},
		"a string":              {`"message.delivered"`, hellio.ErrMalformedWebhook},
		"a number":              {"12", hellio.ErrMalformedWebhook},
		"null":                  {"null", hellio.ErrMalformedWebhook},
		"no event":              {`{"status":"delivered"}`, hellio.ErrMalformedWebhook},
		"an empty event":        {`{"event":""}`, hellio.ErrMalformedWebhook},
		"a null event":          {`{"event":null}`, hellio.ErrMalformedWebhook},
		"an event of no text":   {`{"event":5}`, hellio.ErrMalformedWebhook},
		"an event spelt other":  {`{"Event":"message.delivered"}`, hellio.ErrMalformedWebhook},
		"invalid UTF-8":         {"{\"event\":\"a\xff\"}", hellio.ErrMalformedWebhook},
		"a byte order mark":     {"\ufeff" + deliveredBody, hellio.ErrMalformedWebhook},
		"the event twice":       {`{"event":"message.delivered","event":"message.failed"}`, hellio.ErrMalformedWebhook},
		"twice, once escaped":   {`{"event":"message.delivered","\u0065vent":"message.failed"}`, hellio.ErrMalformedWebhook},
		"an unread name twice":  {`{"event":"message.delivered","a":1,"a":2}`, hellio.ErrMalformedWebhook},
		"too deep":              {`{"event":"a","b":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, hellio.ErrMalformedWebhook},
		"a name twice, further": {`{"event":"message.delivered","a":{"b":1,"b":2}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := hellio.ParseWebhook(signedNow(webhookSecret, c.body), []byte(c.body), webhookSecret)
			require.Equal(t, c.want == nil, e != nil)
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestABodyIsNotReadBeforeItsSignature(t *testing.T) {
	t.Parallel()
	_, err := hellio.ParseWebhook(signedNow(nextSecret, "not JSON"), []byte("not JSON"), webhookSecret)
	require.ErrorIs(t, err, hellio.ErrBadSignature)
	require.NotErrorIs(t, err, hellio.ErrMalformedWebhook)
}

func TestAnUnknownKindAndOddMembersPassThrough(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body, event, number, id string
		status                  hellio.MessageStatus
	}{
		"an unknown kind":     {`{"event":"lookup.completed","lookup":{"id":5}}`, "lookup.completed", "", "", ""},
		"an unknown status":   {`{"event":"message.failed","provider_message_id":"p","status":"expired"}`, "message.failed", "", "p", "expired"},
		"numbers for texts":   {`{"event":"message.failed","provider_message_id":77,"mobile_number":233209990001}`, "message.failed", "233209990001", "77", ""},
		"objects for texts":   {`{"event":"message.failed","provider_message_id":{},"mobile_number":[],"status":{},"timestamp":{}}`, "message.failed", "", "", ""},
		"nulls":               {`{"event":"message.failed","provider_message_id":null,"mobile_number":null,"status":null,"timestamp":null}`, "message.failed", "", "", ""},
		"spaces and new ones": {" {\n\"event\" : \"message.failed\", \"new\": [1] }\n", "message.failed", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := hellio.ParseWebhook(signedNow(webhookSecret, c.body), []byte(c.body), webhookSecret)
			require.NoError(t, err)
			require.Equal(t, []string{c.event, c.number, c.id, string(c.status), c.body}, []string{e.Event, e.MobileNumber, e.ProviderMessageID, string(e.Status), string(e.Raw)})
			require.True(t, e.Timestamp.IsZero())
		})
	}
}

// report is a delivery's body, each member as JSON text; "" for none.
type report struct {
	event     string
	number    string
	message   string
	status    string
	timestamp string
	extra     string
}

func (r report) body() string {
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

// identity is what two deliveries of one report have in common.
func (r report) identity() string {
	known := r.event == `"message.delivered"` || r.event == `"message.failed"`
	for _, member := range []string{r.number, r.message, r.status} {
		if len(member) < 3 || member[0] != '"' {
			return r.body() // no text, or an empty one
		}
	}
	if !known || strings.Contains(r.status, ":") {
		return r.body()
	}
	return fmt.Sprint(r.event, r.number, r.message, r.status)
}

// reports lists every combination of some values of each member.
func reports() []report {
	sum := sha256.Sum256([]byte("+233209990001"))
	joined := `"p:delivered:` + hex.EncodeToString(sum[:]) + `"`
	all := []report{{}}
	for _, member := range []struct {
		set    func(*report, string)
		values []string
	}{
		{
			func(r *report, v string) { r.event = v },
			[]string{`"message.delivered"`, `"message.failed"`, `"message.updated"`},
		},
		{
			func(r *report, v string) { r.number = v },
			[]string{"", `""`, "{}", "[]", `"+233209990001"`, `"233209990001"`},
		},
		{
			func(r *report, v string) { r.message = v },
			[]string{"", `""`, "{}", "[]", `"p"`, `"p:delivered"`, joined},
		},
		{
			func(r *report, v string) { r.status = v },
			[]string{"", `""`, "{}", "5", `"delivered"`, `"failed"`, `"delivered:delivered"`},
		},
		{func(r *report, v string) { r.timestamp = v }, []string{"", `"earlier"`, `"later"`}},
		{func(r *report, v string) { r.extra = v }, []string{"", "1"}},
	} {
		var next []report
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

func parse(t testing.TB, body string) *hellio.WebhookEvent {
	t.Helper()
	e, err := hellio.ParseWebhook(signedNow(webhookSecret, body), []byte(body), webhookSecret)
	require.NoError(t, err)
	return e
}

func TestADedupeIDStandsForOneReport(t *testing.T) {
	t.Parallel()
	ids, identities := map[string]string{}, map[string]string{}
	for _, r := range reports() {
		id := parse(t, r.body()).DedupeID()
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
	t.Log(len(reports()), "deliveries of", len(ids), "reports")
}

func TestReportsThatDifferInOneFieldDiffer(t *testing.T) {
	t.Parallel()
	base := report{
		event:     `"message.delivered"`,
		number:    `"+233209990001"`,
		message:   `"prv-77"`,
		status:    `"delivered"`,
		timestamp: `"2026-03-04T05:06:07+00:00"`,
	}
	unknown := base
	unknown.event = `"message.updated"`
	for name, c := range map[string]struct {
		change  func(*report)
		known   bool // the id of a known kind changes
		another bool // the id of another kind changes
	}{
		"event":     {func(r *report) { r.event = `"message.failed"` }, true, true},
		"number":    {func(r *report) { r.number = `"+233209990002"` }, true, true},
		"message":   {func(r *report) { r.message = `"prv-78"` }, true, true},
		"status":    {func(r *report) { r.status = `"failed"` }, true, true},
		"timestamp": {func(r *report) { r.timestamp = `"later"` }, false, true},
		"extra":     {func(r *report) { r.extra = "1" }, false, true},
		"nothing":   {func(*report) {}, false, false},
	} {
		changed, changedUnknown := base, unknown
		c.change(&changed)
		c.change(&changedUnknown)
		differ := parse(t, base.body()).DedupeID() != parse(t, changed.body()).DedupeID()
		require.Equal(t, c.known, differ, name)
		differ = parse(t, unknown.body()).DedupeID() != parse(t, changedUnknown.body()).DedupeID()
		require.Equal(t, c.another, differ, name)
	}
}

func TestALongDedupeIDIsAHash(t *testing.T) {
	t.Parallel()
	for length, hashed := range map[int]bool{162: false, 163: true} {
		e := parse(t, report{
			event:   `"message.delivered"`,
			number:  `"+233209990001"`,
			message: `"` + strings.Repeat("9", length) + `"`,
			status:  `"delivered"`,
		}.body())
		require.Equal(t, hashed, strings.HasPrefix(e.DedupeID(), "sha256:"))
		require.LessOrEqual(t, len(e.DedupeID()), 255)
	}
}

func TestAnEventWithoutItsBodyHasNoDedupeID(t *testing.T) {
	t.Parallel()
	var missing *hellio.WebhookEvent
	require.Empty(t, missing.DedupeID())
	require.Empty(t, new(hellio.WebhookEvent).DedupeID())
	require.Empty(t, (&hellio.WebhookEvent{Event: "message.updated"}).DedupeID())

	e := parse(t, deliveredBody)
	e.Raw = nil
	require.Equal(t, deliveredID, e.DedupeID(), "as after a queue that stores events as JSON")
}

func TestANilEventPrintsWithoutAPanic(t *testing.T) {
	t.Parallel()
	var missing *hellio.WebhookEvent
	var log strings.Builder
	logTo(&log).Info("event", "event", missing)
	require.Contains(t, fmt.Sprint(missing), "nil")
	require.NotEmpty(t, log.String())
}

func TestSecretsThatAnybodyCouldSignWithAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		secrets []string
		field   string
	}{
		"none":                    {nil, "secrets"},
		"an empty list":           {[]string{}, "secrets"},
		"empty":                   {[]string{""}, "secrets[0]"},
		"blank":                   {[]string{strings.Repeat(" ", 32)}, "secrets[0]"},
		"15 bytes":                {[]string{"123456789012345"}, "secrets[0]"},
		"15 bytes and a space":    {[]string{"123456789012345 "}, "secrets[0]"},
		"a line end, as in files": {[]string{webhookSecret + "\n"}, "secrets[0]"},
		"an empty second":         {[]string{webhookSecret, ""}, "secrets[1]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, parse := hellio.ParseWebhook(signedNow("", deliveredBody), []byte(deliveredBody), c.secrets...)
			_, webhook := hellio.NewWebhookHandler(c.secrets, ignore)
			_, ussd := hellio.NewUSSDHandler(c.secrets, hangUp)
			for _, err := range []error{parse, webhook, ussd} {
				var p *hellio.ParamError
				require.ErrorAs(t, err, &p)
				require.Equal(t, c.field, p.Field)
				require.NotContains(t, err.Error(), "whsec")
			}
		})
	}
}

func TestASecretOfSixteenBytesIsEnough(t *testing.T) {
	t.Parallel()
	const shortest = "1234567890123456"
	_, err := hellio.ParseWebhook(signedNow(shortest, deliveredBody), []byte(deliveredBody), shortest)
	require.NoError(t, err)
}

func TestALateStatusRanksBelowAFinalOne(t *testing.T) {
	t.Parallel()
	order := []hellio.MessageStatus{"", hellio.MessageQueued, hellio.MessageSent, "expired", hellio.MessageDelivered}
	for i, s := range order {
		require.Equal(t, i, s.Rank(), s)
	}
	require.Equal(t, hellio.MessageDelivered.Rank(), hellio.MessageFailed.Rank(), "the first of two final ones stays")
}

// FuzzParseWebhook: no input makes ParseWebhook panic, and none without a right signature of now is accepted.
func FuzzParseWebhook(f *testing.F) {
	now := unix(0)
	f.Add(now, hexMAC(webhookSecret, now+"."+deliveredBody), "", deliveredBody, false)
	f.Add(now, "", "", deliveredBody, true)
	f.Add("253402300799", "00", "00", `{"event":"a","event":"b"}`, true)
	f.Add("-1", "zz", strings.Repeat("0", 64), `[]`, false)
	f.Fuzz(func(t *testing.T, timestamp, v2, v1, body string, sign bool) {
		if sign {
			v2 = hexMAC(webhookSecret, timestamp+"."+body)
		}
		header := http.Header{"X-Hellio-Timestamp": {timestamp}, "X-Hellio-Signature-V2": {v2}, "X-Hellio-Signature": {v1}}
		before := time.Now()
		e, err := hellio.ParseWebhook(header, []byte(body), nextSecret, webhookSecret)
		require.Equal(t, err == nil, e != nil)
		if err != nil {
			require.NotContains(t, err.Error(), webhookSecret)
			return
		}
		seconds, number := strconv.ParseInt(timestamp, 10, 64)
		require.NoError(t, number)
		require.LessOrEqual(t, before.Sub(time.Unix(seconds, 0)).Abs(), 5*time.Minute+time.Second)
		right := []string{hexMAC(webhookSecret, timestamp+"."+body), hexMAC(nextSecret, timestamp+"."+body)}
		require.Contains(t, right, strings.ToLower(v2))
		require.Equal(t, body, string(e.Raw))
		require.NotEmpty(t, e.Event)
		require.LessOrEqual(t, len(e.DedupeID()), 255)
	})
}

// logTo logs as JSON without the time, whose digits could pass for a number's.
func logTo(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}
