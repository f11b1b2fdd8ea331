package main

import "encoding/json"

// kratos is the HTTP courier of Ory Kratos. Kratos delivers a message again
// after every status but 2xx, up to courier.message_retries.
var kratos = platform{
	name:    "kratos",
	secrets: "KRATOS_TOKENS",
	guard:   sharedToken,
	media:   []string{mediaJSON},
	parse: func(_ string, body []byte) (*message, error) {
		var hook struct {
			Recipient string `json:"recipient"`
			Body      string `json:"body"`
			At        string `json:"at"` // of a notice: see the Jsonnet in README.md
		}
		err := json.Unmarshal(body, &hook)
		// Kratos does not pass the id of its message. A text with a code is one
		// message; a notice repeats its text, but not its time.
		return &message{
			hook:   []string{hook.Recipient, hook.Body, hook.At},
			number: hook.Recipient,
			text:   hook.Body,
		}, err
	},
}
