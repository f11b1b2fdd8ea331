package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// tolerance is the largest age of a signed hook. Its timestamp may be as far
// ahead.
const tolerance = 5 * time.Minute

// guard checks the headers of a hook before its body is read. It returns nil if
// they are wrong, else a function that reports whether the body is right too.
type guard func(r *http.Request, keys [][]byte) func(body []byte) bool

// standardWebhook checks the signature of the Standard Webhooks specification.
// Signatures are separated by a space there; Supabase adds a comma.
func standardWebhook(r *http.Request, keys [][]byte) func([]byte) bool {
	id, at := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
	var sums [][]byte
	for _, field := range strings.Fields(r.Header.Get("webhook-signature")) {
		text, known := strings.CutPrefix(strings.TrimSuffix(field, ","), "v1,")
		if sum, err := base64.StdEncoding.DecodeString(text); known && err == nil {
			sums = append(sums, sum)
		}
	}
	// With a dot in the id, one signature would fit two timestamps.
	if id == "" || strings.Contains(id, ".") || !fresh(at) {
		return nil
	}
	return signed(keys, id+"."+at+".", sums)
}

// zitadelSignature checks the header that Zitadel signs its calls with.
func zitadelSignature(r *http.Request, keys [][]byte) func([]byte) bool {
	var at string
	var sums [][]byte
	for pair := range strings.SplitSeq(r.Header.Get("ZITADEL-Signature"), ",") {
		name, value, _ := strings.Cut(pair, "=")
		if name == "t" {
			at = value
		}
		if sum, err := hex.DecodeString(value); name == "v1" && err == nil {
			sums = append(sums, sum)
		}
	}
	if !fresh(at) {
		return nil
	}
	return signed(keys, at+".", sums)
}

// sharedToken checks a bearer token, or the password of Basic authentication.
func sharedToken(r *http.Request, keys [][]byte) func([]byte) bool {
	given, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		_, given, _ = r.BasicAuth()
	}
	sum := sha256.Sum256([]byte(given)) // sums have one length: the time reveals none
	for _, key := range keys {
		want := sha256.Sum256(key)
		if subtle.ConstantTimeCompare(sum[:], want[:]) == 1 {
			return func([]byte) bool { return true }
		}
	}
	return nil
}

// signed returns a function that reports whether one of the sums is that of
// prefix and body under one of the keys. It returns nil if there is no sum.
func signed(keys [][]byte, prefix string, sums [][]byte) func([]byte) bool {
	if len(sums) == 0 {
		return nil
	}
	return func(body []byte) bool {
		for _, key := range keys {
			mac := hmac.New(sha256.New, key)
			mac.Write([]byte(prefix))
			mac.Write(body)
			want := mac.Sum(nil)
			for _, sum := range sums {
				if hmac.Equal(sum, want) {
					return true
				}
			}
		}
		return false
	}
}

func fresh(unix string) bool {
	seconds, err := strconv.ParseInt(unix, 10, 64)
	return err == nil && time.Since(time.Unix(seconds, 0)).Abs() <= tolerance
}

// parseSecrets reads a list like "new|old". Both are valid, so that a secret
// can be replaced without a gap. Supabase's form is "v1,whsec_" and base64.
func parseSecrets(list string) ([][]byte, error) {
	var keys [][]byte
	for secret := range strings.FieldsFuncSeq(list, func(c rune) bool { return c == '|' }) {
		key := []byte(secret)
		if text, encoded := strings.CutPrefix(secret, "v1,whsec_"); encoded {
			var err error
			if key, err = base64.StdEncoding.DecodeString(text); err != nil {
				return nil, errors.New("a secret after v1,whsec_ is not base64")
			}
		}
		if len(key) < 16 {
			return nil, errors.New("a secret has less than 16 bytes")
		}
		keys = append(keys, key)
	}
	return keys, nil
}
