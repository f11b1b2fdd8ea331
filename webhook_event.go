package hellio

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"
)

// maxDedupeID bounds what a DedupeStore has to keep of an event, in bytes.
const maxDedupeID = 255

// WebhookEvent is one report that the API delivered (documented). Unknown kinds
// and unknown statuses pass through. A member that is missing or has an
// unexpected type is left zero, and Raw holds it.
type WebhookEvent struct {
	// Event is EventMessageDelivered, EventMessageFailed or an unknown kind. It
	// is never "".
	Event string `json:"event"`
	// MobileNumber has the form "+233209990001".
	MobileNumber string `json:"mobile_number"`
	// ProviderMessageID is that of Message.
	ProviderMessageID string `json:"provider_message_id"`
	// Status may be older than a status that arrived before: deliveries come in
	// any order, see MessageStatus.Rank.
	Status MessageStatus `json:"status"`
	// Timestamp is the time of the report, not of the delivery.
	Timestamp Timestamp `json:"timestamp"`
	// Raw is the body as received.
	Raw json.RawMessage `json:"-"`
}

// DedupeID returns the id of the report for a DedupeStore: every delivery of
// the report has it, and no other report does. For EventMessageDelivered and
// EventMessageFailed it consists of Event, ProviderMessageID, Status and the
// SHA-256 of MobileNumber. For any other kind, and where one of the four is
// missing, it is the SHA-256 of Raw (decided: the API sends no id). It has at
// most 255 bytes, and depends on nothing but the signed body.
//
// DedupeID returns "" for a nil event, and for an event that needs Raw and
// lacks it. MemoryDedupeStore refuses "".
func (e *WebhookEvent) DedupeID() string {
	if e == nil {
		return ""
	}
	if id := e.messageReportID(); id != "" {
		return id
	}
	if len(e.Raw) == 0 {
		return ""
	}
	return "sha256:" + sha256Hex(e.Raw)
}

// messageReportID returns the id of a report of a known kind; "" for any other.
// It can be split again, and so no two reports share it: neither event nor
// status nor hash has a colon.
func (e *WebhookEvent) messageReportID() string {
	known := e.Event == EventMessageDelivered || e.Event == EventMessageFailed
	complete := e.ProviderMessageID != "" && e.Status != "" && e.MobileNumber != ""
	if !known || !complete || strings.Contains(string(e.Status), ":") {
		return ""
	}
	number := sha256Hex([]byte(e.MobileNumber))
	id := strings.Join([]string{e.Event, e.ProviderMessageID, string(e.Status), number}, ":")
	if len(id) > maxDedupeID {
		return ""
	}
	return id
}

func sha256Hex(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// parseEvent decodes a body whose signature is valid.
func parseEvent(body []byte) (*WebhookEvent, error) {
	members, err := parseMembers(body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformedWebhook, err)
	}
	e := &WebhookEvent{Raw: bytes.Clone(body)}
	if json.Unmarshal(members["event"], &e.Event) != nil || e.Event == "" {
		return nil, fmt.Errorf("%w: event is not a string of at least 1 character",
			ErrMalformedWebhook)
	}
	e.MobileNumber, _ = scalarText(members["mobile_number"])
	e.ProviderMessageID, _ = scalarText(members["provider_message_id"])
	_ = json.Unmarshal(members["status"], &e.Status)
	_ = json.Unmarshal(members["timestamp"], &e.Timestamp)
	return e, nil
}

// parseMembers decodes one JSON object strictly: valid UTF-8, nothing after it,
// and no name twice, because readers differ in which value they take. Names
// match in their exact spelling.
func parseMembers(body []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, errors.New("the body is not JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if start, _ := decoder.Token(); start != json.Delim('{') {
		return nil, errors.New("the body is not a JSON object")
	}
	members := map[string]json.RawMessage{}
	for decoder.More() { // no step fails, because the whole body is valid
		token, _ := decoder.Token()
		name, _ := token.(string)
		if _, twice := members[name]; twice {
			return nil, errors.New("the body has a member twice")
		}
		var value json.RawMessage
		_ = decoder.Decode(&value)
		members[name] = value
	}
	return members, nil
}

// Format prints the event without the full number and without Raw, for every
// verb.
func (e WebhookEvent) Format(f fmt.State, _ rune) { e.redacted().format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (e WebhookEvent) LogValue() slog.Value { return e.redacted().logValue() }

func (e WebhookEvent) redacted() redacted {
	return redacted(fmt.Sprintf(
		"WebhookEvent{%s, message %s, status %s, number %s}",
		shownCode(e.Event),
		maskNumbers(e.ProviderMessageID),
		shownCode(string(e.Status)),
		maskNumbers(e.MobileNumber),
	))
}
