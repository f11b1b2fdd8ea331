package hellio

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// decoders are all results that the client reads from an answer.
func decoders() map[string]interface{ decode([]byte) error } {
	return map[string]interface{ decode([]byte) error }{
		"SMSSendResult": new(answer[SMSSendResult]), "OTPSendResult": new(answer[OTPSendResult]), "otpVerdict": new(answer[otpVerdict]),
		"VoiceSendResult": new(answer[VoiceSendResult]), "VoiceCampaign": new(answer[one[VoiceCampaign]]),
		"LookupBatch": new(answer[LookupBatch]), "Lookup": new(answer[one[Lookup]]), "Page[Lookup]": new(answer[Page[Lookup]]),
		"emailResults": new(answer[emailResults]), "Balance": new(answer[Balance]), "[]Price": new(answer[[]Price]),
		"Message": new(answer[one[Message]]), "Page[Message]": new(answer[Page[Message]]),
		"Campaign": new(answer[one[Campaign]]), "Page[Campaign]": new(answer[Page[Campaign]]),
		"Webhook": new(answer[Webhook]), "[]Webhook": new(answer[[]Webhook]), "nothing": new(answer[nothing]),
		"USSDPricing": new(answer[USSDPricing]), "USSDAvailability": new(answer[USSDAvailability]), "USSDSimulateResult": new(answer[USSDSimulateResult]),
		"USSDApp": new(answer[USSDApp]), "Page[USSDApp]": new(answer[Page[USSDApp]]),
		"USSDExtension": new(answer[USSDExtension]), "Page[USSDExtension]": new(answer[Page[USSDExtension]]),
		"USSDSession": new(answer[one[USSDSession]]), "Page[USSDSession]": new(answer[Page[USSDSession]]),
		"AccessToken": new(answer[AccessToken]),
	}
}

// FuzzDecoders: whatever the API answers, no decoder panics, and one that finds no fault has a result.
func FuzzDecoders(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "golden", "*.json"))
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for name, d := range decoders() {
			if err := d.decode(body); err != nil {
				continue
			}
			data := reflect.ValueOf(d).Elem().FieldByName("body").FieldByName("Data")
			require.False(t, data.IsNil(), name)
			require.True(t, name == "nothing" || json.Valid(body), name)
		}
	})
}
