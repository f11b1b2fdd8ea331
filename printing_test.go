package hellio_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

func TestParamsPrintWithoutNumbersAddressesAndText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ value, pointer any }{
		"VoiceSendParams{1 recipient": {
			hellio.VoiceSendParams{Recipients: []string{"233209990001"}, Text: "secret", AudioURL: "https://example.com/secret", Name: "secret"},
			&hellio.VoiceSendParams{Recipients: []string{"233209990001"}, Text: "secret", AudioURL: "https://example.com/secret", Name: "secret"},
		},
		"LookupParams{2 numbers}": {
			hellio.LookupParams{Numbers: []string{"233209990001", "233209990002"}}, &hellio.LookupParams{Numbers: []string{"233209990001", "233209990002"}},
		},
		"EmailVerifyParams{emails: 1}": {
			hellio.EmailVerifyParams{Emails: []string{"secret@example.com"}}, &hellio.EmailVerifyParams{Emails: []string{"secret@example.com"}},
		},
		"USSDSimulateParams{app": {
			hellio.USSDSimulateParams{AppID: "a", MSISDN: "233209990001", Input: "secret"}, &hellio.USSDSimulateParams{AppID: "a", MSISDN: "233209990001", Input: "secret"},
		},
		"USSDApp{a": {
			hellio.USSDApp{ID: "a", TestSecret: "secret", LiveSecret: "secret"}, &hellio.USSDApp{ID: "a", Raw: []byte(`"secret"`)},
		},
		"Webhook{5":    {hellio.Webhook{ID: "5", Secret: "secret"}, &hellio.Webhook{ID: "5", Raw: []byte(`"secret"`)}},
		"AccessToken{": {hellio.AccessToken{Token: "secret"}, &hellio.AccessToken{Token: "secret"}},
		"LoginParams{": {hellio.LoginParams{Password: "secret"}, &hellio.LoginParams{Password: "secret", TwoFactorCode: "999000"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, value := range []any{c.value, c.pointer} {
				var logged bytes.Buffer
				slog.New(slog.NewTextHandler(&logged, nil)).Info("call", "params", value)
				for _, printed := range []string{fmt.Sprintf("%v", value), fmt.Sprintf("%+v", value), fmt.Sprintf("%#v", value), fmt.Sprintf("%s", value), logged.String()} {
					require.Contains(t, printed, name)
					require.NotContains(t, printed, "secret")
					require.NotContains(t, printed, "999000")
				}
			}
		})
	}
}
