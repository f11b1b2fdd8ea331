package helliotest

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/hellio-go/hellio/internal/behaviour"
)

// shownObject is what the data of an operation's answer holds, if an
// observation can change its members. Other operations are their own object.
var shownObject = map[string]string{
	"message_list":           "message",
	"message_get":            "message",
	"campaign_list":          "campaign",
	"campaign_get":           "campaign",
	"voice_get":              "voice",
	"lookup_list":            "lookup",
	"lookup_get":             "lookup",
	"email_verify":           "email",
	"balance_get":            "balance",
	"pricing_get":            "price",
	"webhook_list":           "webhook",
	"webhook_create":         "webhook",
	"ussd_app_list":          "ussd_app",
	"ussd_app_create":        "ussd_app",
	"ussd_app_update":        "ussd_app",
	"ussd_app_mode":          "ussd_app",
	"ussd_app_rotate_secret": "ussd_app",
	"ussd_extension_list":    "ussd_extension",
	"ussd_extension_create":  "ussd_extension",
	"ussd_session_list":      "ussd_session",
	"ussd_session_get":       "ussd_session",
}

// followed returns an answer in the observed form. A replay has it already.
func (c *apiCall) followed(r *reply) *reply {
	f := &c.e.cfg.follow
	if f.observed == nil || c.log.Replayed {
		return r
	}
	switch {
	case r.status/100 == 2:
		return r.shown(c.route.op.Name, f)
	case c.route == nil && r.status == http.StatusNotFound:
		if f.route != nil {
			return r.refusing(*f.route)
		}
		return r
	}
	if seen, ok := f.refusals[behaviour.Refusal{Status: r.status, Code: r.code}]; ok {
		return r.refusing(seen)
	}
	return r
}

// refusing returns a refusal with another status and code.
func (r *reply) refusing(seen behaviour.Refusal) *reply {
	var body errorBody
	_ = json.Unmarshal(r.body, &body) // it was made from one
	body.Error = seen.Code
	next := refuseWith(seen.Status, body)
	next.header = r.header
	return next
}

// shown returns a success with the status and the members that were seen.
func (r *reply) shown(op string, f *follow) *reply {
	next := *r
	if status, ok := f.success[op]; ok {
		next.status = status
	}
	object := shownObject[op]
	if object == "" {
		object = op
	}
	if fields, ok := f.fields[object]; ok && len(r.body) > 0 {
		next.body = rewritten(r.body, fields)
	}
	return &next
}

// rewritten changes the members of data, which is an object or a list of them.
func rewritten(body []byte, fields behaviour.Fields) []byte {
	var whole map[string]json.RawMessage
	var rows []map[string]json.RawMessage
	var row map[string]json.RawMessage
	if json.Unmarshal(body, &whole) != nil {
		return body
	}
	data := whole["data"]
	switch {
	case json.Unmarshal(data, &rows) == nil:
		for i := range rows {
			changeMembers(rows[i], fields)
		}
		whole["data"], _ = json.Marshal(rows) // it was read from JSON
	case json.Unmarshal(data, &row) == nil:
		changeMembers(row, fields)
		whole["data"], _ = json.Marshal(row)
	}
	text, _ := json.Marshal(whole)
	return text
}

func changeMembers(object map[string]json.RawMessage, fields behaviour.Fields) {
	for _, name := range fields.Absent {
		delete(object, name)
	}
	for _, name := range fields.Null {
		if _, there := object[name]; there {
			object[name] = json.RawMessage("null")
		}
	}
	for _, name := range fields.Number {
		text := strings.Trim(string(object[name]), `"`)
		if json.Valid([]byte(text)) && text != "" && strings.Trim(text, "-.0123456789") == "" {
			object[name] = json.RawMessage(text)
		}
	}
}
