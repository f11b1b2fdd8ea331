// Package signature makes and checks the signatures on what the API sends by
// itself: HMAC-SHA256 in lower-case hex, over the raw body alone or over a
// timestamp, a full stop and the raw body.
package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// Body signs a raw body: the value of X-Hellio-Signature.
func Body(secret string, body []byte) string { return hex.EncodeToString(sum(secret, "", body)) }

// Timestamped signs a raw body together with the timestamp header, as that is
// written: the value of X-Hellio-Signature-V2.
func Timestamped(secret, timestamp string, body []byte) string {
	return hex.EncodeToString(sum(secret, timestamp+".", body))
}

// VerifyBody reports whether one of the secrets made the signature of this
// body. Hex of either case is taken. An empty secret makes nothing valid, as
// anybody could sign with it.
func VerifyBody(signature string, body []byte, secrets ...string) bool {
	return verify(signature, "", body, secrets)
}

// VerifyTimestamped is VerifyBody for a signature over timestamp and body. The
// timestamp is the header as it was received; what form and age it may have,
// the caller decides. One that holds a full stop would let bytes move between
// timestamp and body: refuse it before.
func VerifyTimestamped(signature, timestamp string, body []byte, secrets ...string) bool {
	return verify(signature, timestamp+".", body, secrets)
}

// verify compares in constant time, and tries each secret whether an earlier
// one fitted or not.
func verify(signature, prefix string, body []byte, secrets []string) bool {
	given, err := hex.DecodeString(signature)
	if err != nil || len(given) != sha256.Size {
		return false
	}
	valid := false
	for _, secret := range secrets {
		if secret != "" && hmac.Equal(given, sum(secret, prefix, body)) {
			valid = true
		}
	}
	return valid
}

func sum(secret, prefix string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(prefix))
	mac.Write(body)
	return mac.Sum(nil)
}
