package main

import (
	"encoding/json"
	"net/url"
)

// keycloak is the SMS authenticator plugin of netzbegruenung, with its default
// attributes. The plugin delivers a message once, whatever the status.
var keycloak = platform{
	name:    "keycloak",
	secrets: "KEYCLOAK_TOKENS",
	guard:   sharedToken,
	media:   []string{mediaForm, mediaJSON},
	parse: func(mediaType string, body []byte) (*message, error) {
		var hook struct{ To, Text string }
		var err error
		if mediaType == mediaForm {
			var form url.Values
			form, err = url.ParseQuery(string(body))
			hook.To, hook.Text = form.Get("to"), form.Get("text")
		} else {
			err = json.Unmarshal(body, &hook)
		}
		// Each login has a code of its own, so a proxy that repeats the request
		// sends nothing again.
		return &message{
			hook:   []string{hook.To, hook.Text},
			number: hook.To,
			text:   hook.Text,
		}, err
	},
}
