package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/hellio-go/hellio"
)

// timeLimit is for one call with its retries. Supabase and Zitadel stop waiting
// after 5 seconds, Kratos after 10.
const timeLimit = 4 * time.Second

// message is the SMS that a hook asks for.
type message struct {
	hook   []string // the same in each delivery of a hook, and in no other hook
	number string
	text   string
	code   string // if the platform leaves the text to the server
}

// sender sends messages under keys that it derives from their hooks.
type sender struct {
	client *hellio.Client
	secret []byte // of the keys
}

// send sends the message of a hook, once for all deliveries of the hook.
//
// The server keeps no record of hooks, so it cannot know whether an earlier
// delivery reached another process, or this one before a crash. WithResumeKey
// is right for both cases. The API sends a key that it does not know, and
// answers a known one with its stored response. The outcome begins at unknown:
// a 402 may mean that the earlier delivery has spent the money. With
// WithIdempotencyKey it would be reported as "rejected", which is wrong then.
func (s *sender) send(ctx context.Context, key string, m *message) error {
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	_, err := s.client.SMS.Send(ctx, &hellio.SMSSendParams{
		Recipients: []string{m.number},
		Message:    m.text,
	}, hellio.WithResumeKey(key))
	return err
}

// key returns the idempotency key of a hook. It is an HMAC, because there are
// so few codes that trying all of them inverts a plain hash.
func (s *sender) key(name string, m *message) string {
	mac := hmac.New(sha256.New, s.secret)
	fmt.Fprintf(mac, "auth-hooks %q %q", name, m.hook)
	return name + "-" + hex.EncodeToString(mac.Sum(nil))
}

// statusOf returns the status of the reply to a failed call. 503 asks for
// another delivery, which the key makes safe. The others are final.
func statusOf(err error) (int, time.Duration) {
	switch advice, wait := hellio.RetryAdvice(err); advice {
	case hellio.AdviceRetry, hellio.AdviceResume:
		return http.StatusServiceUnavailable, max(wait, time.Second)
	case hellio.AdviceStop:
		return http.StatusUnprocessableEntity, 0
	default: // another delivery cannot resolve it
		return http.StatusBadGateway, 0
	}
}
