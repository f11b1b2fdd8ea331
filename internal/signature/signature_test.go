package signature

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The signatures were made by openssl dgst -sha256 -hmac and by Python's hmac;
// the last is case 2 of RFC 4231.
const (
	secret    = "whsec_0123456789"
	body      = `{"message":"Akwaaba é"}`
	timestamp = "0001772600772"
	bodySig   = "2774007b0813ab53dbc060ea1df04b64c9580c249146beb15d97dd15c489bcd4"
	stampSig  = "10615f5d76a44690ad1dbb4762fb73b44e561341b884d62347f797d9f8ec1481"
	rfcSig    = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
)

func TestSignaturesAreThoseOfOtherImplementations(t *testing.T) {
	t.Parallel()
	require.Equal(t, bodySig, Body(secret, []byte(body)))
	require.Equal(t, stampSig, Timestamped(secret, timestamp, []byte(body)))
	require.Equal(t, rfcSig, Body("Jefe", []byte("what do ya want for nothing?")))
}

func TestASignatureNeedsOneOfTheSecrets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		signature, body string
		secrets         []string
		valid           bool
	}{
		"its own":               {bodySig, body, []string{secret}, true},
		"upper case":            {strings.ToUpper(bodySig), body, []string{secret}, true},
		"the second secret":     {bodySig, body, []string{"other", secret}, true},
		"the first secret":      {bodySig, body, []string{secret, "other"}, true},
		"another secret":        {bodySig, body, []string{"other"}, false},
		"no secret":             {bodySig, body, nil, false},
		"another body":          {bodySig, body + " ", []string{secret}, false},
		"the timestamped form":  {stampSig, body, []string{secret}, false},
		"one digit wrong":       {"3" + bodySig[1:], body, []string{secret}, false},
		"too short":             {bodySig[:62], body, []string{secret}, false},
		"too long":              {bodySig + "00", body, []string{secret}, false},
		"a tail that is no hex": {bodySig + "zz", body, []string{secret}, false},
		"odd":                   {bodySig[:63], body, []string{secret}, false},
		"empty":                 {"", body, []string{secret}, false},
		"with a prefix":         {"sha256=" + bodySig, body, []string{secret}, false},
		"with a space":          {" " + bodySig, body, []string{secret}, false},
		"not hex":               {strings.Repeat("zz", 32), body, []string{secret}, false},
		"made by no secret":     {Body("", []byte(body)), body, []string{""}, false},
		"an empty one among it": {bodySig, body, []string{"", secret}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.valid, VerifyBody(c.signature, []byte(c.body), c.secrets...))
		})
	}
}

func TestTheTimestampIsSignedAsItIsWritten(t *testing.T) {
	t.Parallel()
	require.True(t, VerifyTimestamped(stampSig, timestamp, []byte(body), secret))
	require.False(t,
		VerifyTimestamped(stampSig, strings.TrimLeft(timestamp, "0"), []byte(body), secret))
	require.False(t, VerifyTimestamped(bodySig, timestamp, []byte(body), secret))
	require.False(t, VerifyTimestamped(bodySig, "", []byte(body), secret),
		"the full stop is signed in any case")
}

func FuzzVerify(f *testing.F) {
	f.Add(bodySig, timestamp, []byte(body), secret)
	f.Add("", "", []byte(nil), "")
	f.Fuzz(func(t *testing.T, given, stamp string, text []byte, key string) {
		require.Equal(t, key != "" && strings.EqualFold(given, Body(key, text)),
			VerifyBody(given, text, key))
		require.Equal(t, key != "", VerifyBody(Body(key, text), text, key))
		require.Equal(t, key != "",
			VerifyTimestamped(Timestamped(key, stamp, text), stamp, text, "another", key))
	})
}
