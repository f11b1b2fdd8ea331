package main

import "encoding/json"

// zitadel is Zitadel's HTTP provider for SMS. Zitadel delivers a message again
// after every status but 2xx, up to its MaxAttempts.
var zitadel = platform{
	name:    "zitadel",
	secrets: "ZITADEL_SIGNING_KEYS",
	guard:   zitadelSignature,
	media:   []string{mediaJSON},
	parse: func(_ string, body []byte) (*message, error) {
		var hook struct {
			Context struct {
				Number string `json:"recipientPhoneNumber"`
			} `json:"contextInfo"`
			Template struct {
				Text string `json:"text"`
			} `json:"templateData"`
		}
		err := json.Unmarshal(body, &hook)
		// The payload has no id, and its other members may change between two
		// attempts. The text has a code of its own in each login.
		return &message{
			hook:   []string{hook.Context.Number, hook.Template.Text},
			number: hook.Context.Number,
			text:   hook.Template.Text,
		}, err
	},
}
