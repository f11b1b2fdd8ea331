package hellio_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
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
	deliveredBody = `{"event":"message.delivered","mobile_number":"+233209990001",` +
		`"provider_message_id":"prv-77","status":"delivered",` +
		`"timestamp":"2026-03-04T05:06:07+00:00"}`

	headerV1    = "X-Hellio-Signature"
	headerV2    = "X-Hellio-Signature-V2"
	headerStamp = "X-Hellio-Timestamp"
)

// zeroHex has the form of a signature, and signs nothing.
var zeroHex = strings.Repeat("0", 64)

// hexMAC signs like the API, without the code under test.
func hexMAC(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// signedAt returns the headers of a delivery with this timestamp.
func signedAt(secret, timestamp, body string) http.Header {
	return http.Header{
		headerV1:    {hexMAC(secret, body)},
		headerV2:    {hexMAC(secret, timestamp+"."+body)},
		headerStamp: {timestamp},
	}
}

// signedNow returns the headers of a delivery that is signed now.
func signedNow(secret, body string) http.Header {
	return signedAt(secret, unix(0), body)
}

// unix returns the timestamp of a moment relative to now.
func unix(d time.Duration) string {
	return strconv.FormatInt(time.Now().Add(d).Unix(), 10)
}

// changeHeader changes the value of one header.
func changeHeader(name string, f func(string) string) func(http.Header) {
	return func(h http.Header) { h[name] = []string{f(h[name][0])} }
}

// setHeader replaces the values of one header.
func setHeader(name string, values ...string) func(http.Header) {
	return func(h http.Header) { h[name] = values }
}

// repeatHeader adds the value of a header once more.
func repeatHeader(name string) func(http.Header) {
	return func(h http.Header) { h[name] = append(h[name], h[name][0]) }
}

// deleteHeaders removes headers.
func deleteHeaders(names ...string) func(http.Header) {
	return func(h http.Header) {
		for _, name := range names {
			delete(h, name)
		}
	}
}

// requireParsed checks that ParseWebhook accepts the headers of deliveredBody,
// or refuses them with an error.
func requireParsed(t *testing.T, h http.Header, want error) {
	t.Helper()
	e, err := hellio.ParseWebhook(h, []byte(deliveredBody), webhookSecret)
	require.Equal(t, want == nil, e != nil)
	require.ErrorIs(t, err, want)
}

func TestOnlyAValidV2HeaderIsAccepted(t *testing.T) {
	t.Parallel()
	add := func(head, tail string) func(string) string {
		return func(s string) string { return head + s + tail }
	}
	first := func(n int) func(string) string { return func(s string) string { return s[:n] } }
	sign := func(secret, tail string) func(http.Header) {
		return func(h http.Header) {
			h[headerV2] = []string{hexMAC(secret, h[headerStamp][0]+"."+deliveredBody+tail)}
		}
	}
	afterWrong := func(h http.Header) { h[headerV2] = []string{zeroHex, h[headerV2][0]} }
	isV1 := func(h http.Header) { h[headerV2] = h[headerV1] }
	list := func(s string) string { return s + ", " + s }
	missing, invalid := hellio.ErrMissingSignature, hellio.ErrBadSignature
	for name, c := range map[string]struct {
		change func(http.Header)
		want   error
	}{
		"unchanged":                   {func(http.Header) {}, nil},
		"upper-case hex":              {changeHeader(headerV2, strings.ToUpper), nil},
		"V1 missing":                  {deleteHeaders(headerV1), nil},
		"V1 wrong, V2 right":          {setHeader(headerV1, zeroHex), nil},
		"no headers":                  {func(h http.Header) { clear(h) }, missing},
		"V2 missing":                  {deleteHeaders(headerV2), missing},
		"V2 without a value":          {setHeader(headerV2), missing},
		"timestamp missing":           {deleteHeaders(headerStamp), missing},
		"V1 twice":                    {repeatHeader(headerV1), invalid},
		"V2 twice":                    {repeatHeader(headerV2), invalid},
		"timestamp twice":             {repeatHeader(headerStamp), invalid},
		"a wrong V2 and a right one":  {afterWrong, invalid},
		"V2 twice in one header":      {changeHeader(headerV2, list), invalid},
		"V2 empty":                    {setHeader(headerV2, ""), invalid},
		"V2 with a space before":      {changeHeader(headerV2, add(" ", "")), invalid},
		"V2 with a space after":       {changeHeader(headerV2, add("", " ")), invalid},
		"V2 too short":                {changeHeader(headerV2, first(62)), invalid},
		"V2 of odd length":            {changeHeader(headerV2, first(63)), invalid},
		"V2 too long":                 {changeHeader(headerV2, add("", "00")), invalid},
		"V2 with a tail not hex":      {changeHeader(headerV2, add("", "zz")), invalid},
		"V2 not hex":                  {setHeader(headerV2, strings.Repeat("zz", 32)), invalid},
		"V2 with a prefix":            {changeHeader(headerV2, add("sha256=", "")), invalid},
		"V2 of another body":          {sign(webhookSecret, " "), invalid},
		"V2 of another secret":        {sign(nextSecret, ""), invalid},
		"V2 of an empty secret":       {sign("", ""), invalid},
		"V1 as V2":                    {isV1, invalid},
		"another timestamp":           {setHeader(headerStamp, "946684801"), invalid},
		"timestamp with another zero": {changeHeader(headerStamp, add("0", "")), invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := signedNow(webhookSecret, deliveredBody)
				c.change(h)
				requireParsed(t, h, c.want)
			})
		})
	}
}

func TestHeaderNamesMatchInAnyCase(t *testing.T) {
	t.Parallel()
	respell := func(spell func(string) string) func(http.Header) {
		return func(h http.Header) {
			for _, name := range []string{headerV1, headerV2, headerStamp} {
				values := h[name]
				delete(h, name)
				h[spell(name)] = values
			}
		}
	}
	again := func(name string) func(http.Header) {
		return func(h http.Header) { h[strings.ToLower(name)] = h[name] }
	}
	longS := func(s string) string { return strings.Replace(s, "S", "\u017f", 1) }
	for name, c := range map[string]struct {
		change func(http.Header)
		want   error
	}{
		"lower case":             {respell(strings.ToLower), nil},
		"upper case":             {respell(strings.ToUpper), nil},
		"a long s for the S":     {respell(longS), hellio.ErrMissingSignature},
		"V1 in two cases":        {again(headerV1), hellio.ErrBadSignature},
		"V2 in two cases":        {again(headerV2), hellio.ErrBadSignature},
		"timestamp in two cases": {again(headerStamp), hellio.ErrBadSignature},
		"another header":         {setHeader("x-hellio-signature-v3", "0"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := signedNow(webhookSecret, deliveredBody)
			c.change(h)
			requireParsed(t, h, c.want)
		})
	}
}

func TestATimestampIsWellFormedAndNearNow(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) func() string { return func() string { return unix(d) } }
	text := func(s string) func() string { return func() string { return s } }
	around := func(head, tail string) func() string {
		return func() string { return head + unix(0) + tail }
	}
	outside, malformed := hellio.ErrTimestampOutOfRange, hellio.ErrMalformedWebhook
	for name, c := range map[string]struct {
		timestamp func() string
		want      error
	}{
		"now":                       {at(0), nil},
		"5 min old":                 {at(-5 * time.Minute), nil},
		"5 min ahead":               {at(5 * time.Minute), nil},
		"with leading zeros":        {around("00", ""), nil},
		"older than 5 min":          {at(-5*time.Minute - time.Second), outside},
		"more than 5 min ahead":     {at(5*time.Minute + time.Second), outside},
		"zero":                      {text("0"), outside},
		"year 9999":                 {text("253402300799"), outside},
		"the greatest of 12 digits": {text("999999999999"), outside},
		"milliseconds":              {around("1", "000"), malformed},
		"13 digits, zeros first":    {around("0000", ""), malformed},
		"ISO 8601":                  {text("2000-01-01T00:00:00Z"), malformed},
		"negative":                  {around("-", ""), malformed},
		"with a sign":               {around("+", ""), malformed},
		"with a fraction":           {around("", ".0"), malformed},
		"hexadecimal":               {text("0x386d4380"), malformed},
		"with an exponent":          {text("9e8"), malformed},
		"with a space before":       {around(" ", ""), malformed},
		"with a space after":        {around("", " "), malformed},
		"Arabic digits":             {text("٩٤٦٦٨٤٨٠٠"), malformed},
		"full-width digits":         {text("９４６"), malformed},
		"empty":                     {text(""), malformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // its clock begins at a whole second
				requireParsed(t, signedAt(webhookSecret, c.timestamp(), deliveredBody), c.want)
			})
		})
	}
}

// "1." + now + "." + body is also timestamp "1.<now>" with the shorter body.
func TestBytesCannotMoveBetweenTimestampAndBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := signedAt(webhookSecret, "1", unix(0)+"."+deliveredBody)
		h.Set(headerStamp, "1."+unix(0))
		requireParsed(t, h, hellio.ErrMalformedWebhook)
	})
}

func TestTheSignatureIsCheckedBeforeTheBody(t *testing.T) {
	t.Parallel()
	const body = "not JSON"
	_, err := hellio.ParseWebhook(signedNow(nextSecret, body), []byte(body), webhookSecret)
	require.ErrorIs(t, err, hellio.ErrBadSignature)
	require.NotErrorIs(t, err, hellio.ErrMalformedWebhook)
}

func TestGuessableSecretsAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		secrets []string
		field   string
	}{
		"none":                   {nil, "secrets"},
		"an empty list":          {[]string{}, "secrets"},
		"empty":                  {[]string{""}, "secrets[0]"},
		"blank":                  {[]string{strings.Repeat(" ", 32)}, "secrets[0]"},
		"15 bytes":               {[]string{"123456789012345"}, "secrets[0]"},
		"15 bytes and a space":   {[]string{"123456789012345 "}, "secrets[0]"},
		"a line break of a file": {[]string{webhookSecret + "\n"}, "secrets[0]"},
		"an empty second":        {[]string{webhookSecret, ""}, "secrets[1]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := signedNow("", deliveredBody)
			_, parsed := hellio.ParseWebhook(h, []byte(deliveredBody), c.secrets...)
			_, webhook := hellio.NewWebhookHandler(c.secrets, ignore)
			_, ussd := hellio.NewUSSDHandler(c.secrets, hangUp)
			for _, err := range []error{parsed, webhook, ussd} {
				requireParamField(t, c.field, err)
				require.NotContains(t, err.Error(), "whsec")
			}
		})
	}
}

func TestASecretOfSixteenBytesIsEnough(t *testing.T) {
	t.Parallel()
	const shortest = "1234567890123456"
	h := signedNow(shortest, deliveredBody)
	_, err := hellio.ParseWebhook(h, []byte(deliveredBody), shortest)
	require.NoError(t, err)
}

// FuzzParseWebhook checks that no input makes ParseWebhook panic, and that it
// accepts nothing without a valid signature of now.
func FuzzParseWebhook(f *testing.F) {
	now := unix(0)
	f.Add(now, hexMAC(webhookSecret, now+"."+deliveredBody), "", deliveredBody, false)
	f.Add(now, "", "", deliveredBody, true)
	f.Add("253402300799", "00", "00", `{"event":"a","event":"b"}`, true)
	f.Add("-1", "zz", zeroHex, `[]`, false)
	f.Fuzz(func(t *testing.T, timestamp, v2, v1, body string, sign bool) {
		if sign {
			v2 = hexMAC(webhookSecret, timestamp+"."+body)
		}
		h := http.Header{headerStamp: {timestamp}, headerV2: {v2}, headerV1: {v1}}
		before := time.Now()
		e, err := hellio.ParseWebhook(h, []byte(body), nextSecret, webhookSecret)
		require.Equal(t, err == nil, e != nil)
		if err != nil {
			require.NotContains(t, err.Error(), webhookSecret)
			return
		}
		seconds, err := strconv.ParseInt(timestamp, 10, 64)
		require.NoError(t, err)
		age := before.Sub(time.Unix(seconds, 0)).Abs()
		require.LessOrEqual(t, age, 5*time.Minute+time.Second)
		require.Contains(t, []string{
			hexMAC(webhookSecret, timestamp+"."+body),
			hexMAC(nextSecret, timestamp+"."+body),
		}, strings.ToLower(v2))
		require.Equal(t, body, string(e.Raw))
		require.NotEmpty(t, e.Event)
		require.NotEmpty(t, e.DedupeID())
		require.LessOrEqual(t, len(e.DedupeID()), 255)
	})
}
