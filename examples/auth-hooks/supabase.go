package main

import "encoding/json"

// supabase is the Send SMS hook of Supabase Auth. Supabase delivers a hook
// again after a 503 with Retry-After and after a broken connection. A refusal
// has its own status: releases before 2.187 take any 200 for success.
var supabase = platform{
	name:    "supabase",
	secrets: "SUPABASE_HOOK_SECRETS",
	guard:   standardWebhook,
	media:   []string{mediaJSON},
	parse: func(_ string, body []byte) (*message, error) {
		var hook struct {
			Metadata struct {
				UUID string `json:"uuid"`
			} `json:"metadata"`
			User struct {
				Phone string `json:"phone"`
			} `json:"user"`
			SMS struct {
				OTP   string `json:"otp"`
				Phone string `json:"phone"` // also the new one, while it changes
			} `json:"sms"`
		}
		err := json.Unmarshal(body, &hook)
		m := &message{number: hook.SMS.Phone, code: hook.SMS.OTP}
		if m.number == "" {
			m.number = hook.User.Phone
		}
		// Each attempt has another webhook-id, but all have the same uuid.
		// Releases before it have a code of its own in each login.
		m.hook = []string{m.number, m.code}
		if id := hook.Metadata.UUID; id != "" {
			m.hook = []string{id}
		}
		return m, err
	},
}
