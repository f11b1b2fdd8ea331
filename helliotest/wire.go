package helliotest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/hellio-go/hellio/internal/control"
)

// The JSON of these types is that of the control API: the program writes it,
// and Remote reads it. Times are whole seconds.

// MarshalJSON writes the message as GET /v1/messages/{id} shows it.
func (m Message) MarshalJSON() ([]byte, error) { return json.Marshal(m.wire()) }

func (m *Message) wire() control.Message {
	return control.Message{
		ID:                m.ID,
		Reference:         m.Reference,
		CampaignID:        control.OrNull(m.CampaignID),
		Channel:           m.Channel,
		MobileNumber:      m.MobileNumber,
		Sender:            m.Sender,
		Message:           m.Message,
		Status:            m.Status,
		Segments:          m.Segments,
		Cost:              m.Cost,
		Currency:          m.Currency,
		ProviderMessageID: control.OrNull(m.ProviderMessageID),
		Error:             control.OrNull(m.Error),
		CreatedAt:         control.At(m.CreatedAt),
		SentAt:            control.AtOrNull(m.SentAt),
		DeliveredAt:       control.AtOrNull(m.DeliveredAt),
	}
}

// UnmarshalJSON reads what MarshalJSON writes.
func (m *Message) UnmarshalJSON(data []byte) error {
	var w control.Message
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*m = Message{
		ID:                w.ID,
		Reference:         w.Reference,
		CampaignID:        control.Or(w.CampaignID),
		Channel:           w.Channel,
		MobileNumber:      w.MobileNumber,
		Sender:            w.Sender,
		Message:           w.Message,
		Status:            w.Status,
		Segments:          w.Segments,
		Cost:              w.Cost,
		Currency:          w.Currency,
		ProviderMessageID: control.Or(w.ProviderMessageID),
		Error:             control.Or(w.Error),
		CreatedAt:         w.CreatedAt.Time,
		SentAt:            control.Or(w.SentAt).Time,
		DeliveredAt:       control.Or(w.DeliveredAt).Time,
	}
	return nil
}

// MarshalJSON writes the members code, expires_at and tries_left.
func (o OTPCode) MarshalJSON() ([]byte, error) {
	return json.Marshal(control.Code{
		Code:      o.Code,
		ExpiresAt: control.At(o.ExpiresAt),
		TriesLeft: o.TriesLeft,
	})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (o *OTPCode) UnmarshalJSON(data []byte) error {
	var w control.Code
	err := json.Unmarshal(data, &w)
	*o = OTPCode{Code: w.Code, ExpiresAt: w.ExpiresAt.Time, TriesLeft: w.TriesLeft}
	return err
}

// MarshalJSON writes the call without its headers and token. Bodies that are
// not UTF-8 have U+FFFD for what can't be shown.
func (r Request) MarshalJSON() ([]byte, error) { return json.Marshal(r.wire()) }

func (r *Request) wire() control.Request {
	return control.Request{
		ID:             r.ID,
		At:             control.At(r.At),
		Op:             control.OrNull(string(r.Op)),
		Method:         r.Method,
		Path:           r.Path,
		Query:          r.Query.Encode(),
		Status:         r.Status,
		Error:          control.OrNull(r.Code),
		IdempotencyKey: control.OrNull(r.IdempotencyKey),
		Replayed:       r.Replayed,
		Fault:          control.OrNull(r.Fault),
		Charge:         r.Charge,
		Violations:     append([]string{}, r.Violations...), // [] in JSON
		RequestBody:    string(r.Body),
		RequestSize:    r.BodySize,
		ResponseBody:   string(r.ResponseBody),
		ResponseSize:   r.ResponseSize,
	}
}

// UnmarshalJSON reads what MarshalJSON writes. Header and Token stay empty.
func (r *Request) UnmarshalJSON(data []byte) error {
	var w control.Request
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	query, err := url.ParseQuery(w.Query)
	*r = Request{
		ID:             w.ID,
		At:             w.At.Time,
		Op:             Op(control.Or(w.Op)),
		Method:         w.Method,
		Path:           w.Path,
		Query:          query,
		Body:           []byte(w.RequestBody),
		BodySize:       w.RequestSize,
		Decoded:        decodeAny([]byte(w.RequestBody)),
		IdempotencyKey: control.Or(w.IdempotencyKey),
		Status:         w.Status,
		Code:           control.Or(w.Error),
		Replayed:       w.Replayed,
		Fault:          control.Or(w.Fault),
		Charge:         w.Charge,
		ResponseBody:   []byte(w.ResponseBody),
		ResponseSize:   w.ResponseSize,
		Violations:     w.Violations,
	}
	return err
}

// MarshalJSON writes the members text, method, path and at.
func (v Violation) MarshalJSON() ([]byte, error) {
	return json.Marshal(control.Violation{
		Text:   v.Text,
		Method: v.Method,
		Path:   v.Path,
		At:     control.At(v.At),
	})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Violation) UnmarshalJSON(data []byte) error {
	var w control.Violation
	err := json.Unmarshal(data, &w)
	*v = Violation{
		Text:   w.Text,
		Method: w.Method,
		Path:   w.Path,
		At:     w.At.Time,
	}
	return err
}

// MarshalJSON writes the webhook with its secret.
func (h Webhook) MarshalJSON() ([]byte, error) {
	return json.Marshal(control.Webhook{
		ID:           h.ID,
		URL:          h.URL,
		Events:       h.Events,
		Active:       h.Active,
		FailureCount: h.FailureCount,
		LastError:    control.OrNull(h.LastError),
		Secret:       h.Secret,
		CreatedAt:    control.At(h.CreatedAt),
	})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (h *Webhook) UnmarshalJSON(data []byte) error {
	var w control.Webhook
	err := json.Unmarshal(data, &w)
	*h = Webhook{
		ID:           w.ID,
		URL:          w.URL,
		Events:       w.Events,
		Active:       w.Active,
		FailureCount: w.FailureCount,
		LastError:    control.Or(w.LastError),
		Secret:       w.Secret,
		CreatedAt:    w.CreatedAt.Time,
	}
	return err
}

// MarshalJSON writes the delivery with its attempts.
func (d Delivery) MarshalJSON() ([]byte, error) {
	w := control.Delivery{
		ID:        d.ID,
		WebhookID: d.WebhookID,
		MessageID: d.MessageID,
		Event:     d.Event,
		URL:       d.URL,
		Status:    d.Status,
		Body:      string(d.Body),
		CreatedAt: control.At(d.CreatedAt),
		Attempts:  make([]control.Attempt, len(d.Attempts)),
	}
	for i, a := range d.Attempts {
		w.Attempts[i] = a.wire()
	}
	return json.Marshal(w)
}

func (a *DeliveryAttempt) wire() control.Attempt {
	return control.Attempt{
		At:         control.At(a.At),
		StatusCode: control.OrNull(a.StatusCode),
		Error:      control.OrNull(a.Error),
		Duration:   a.Duration.String(),
		Headers:    firstValues(a.Header),
		Fault:      control.OrNull(a.Fault),
		Replay:     a.Replay,
	}
}

// firstValues returns the first value of each header.
func firstValues(header http.Header) map[string]string {
	first := make(map[string]string, len(header))
	for name := range header {
		first[name] = header.Get(name)
	}
	return first
}

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Delivery) UnmarshalJSON(data []byte) error {
	var w control.Delivery
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*d = Delivery{
		ID:        w.ID,
		WebhookID: w.WebhookID,
		MessageID: w.MessageID,
		Event:     w.Event,
		URL:       w.URL,
		Status:    w.Status,
		Body:      []byte(w.Body),
		CreatedAt: w.CreatedAt.Time,
		Attempts:  make([]DeliveryAttempt, len(w.Attempts)),
	}
	for i := range w.Attempts {
		if err := d.Attempts[i].read(&w.Attempts[i]); err != nil {
			return err
		}
	}
	return nil
}

func (a *DeliveryAttempt) read(w *control.Attempt) (err error) {
	*a = DeliveryAttempt{
		At:         w.At.Time,
		Header:     make(http.Header, len(w.Headers)),
		StatusCode: control.Or(w.StatusCode),
		Error:      control.Or(w.Error),
		Fault:      control.Or(w.Fault),
		Replay:     w.Replay,
	}
	for name, value := range w.Headers {
		a.Header.Set(name, value)
	}
	a.Duration, err = time.ParseDuration(w.Duration)
	return err
}
