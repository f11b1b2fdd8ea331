package conformance

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// The schemas state these rules with if and dependentRequired, because code
// generators make a type of each branch of a oneOf.
func TestFieldsThatDependOnOthersAreChecked(t *testing.T) {
	t.Parallel()
	doc := theDocument(t)
	const reference = `"reference":"0b6f3f2e-3d1a-4f60-8a52-6f3c5d7e9a01"`
	const receipt = `"expires_in_minutes":5,"status":"queued",` + reference
	const app = `"id":"1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b","name":"A","mode":"test",` +
		`"callback_url":"https://a.example","is_live":false,"active":true,` +
		`"created_at":"2026-03-04T05:06:07+00:00"`
	tests := []struct {
		schema, value string
		ok            bool
	}{
		{"OTPSendRequest", `"mobile_number":"1","sender":"A"`, true},
		{"OTPSendRequest", `"mobile_number":"1","sender":"A","channel":"sms"`, true},
		{"OTPSendRequest", `"mobile_number":"1","sender":"A","channel":"voice"`, true},
		{"OTPSendRequest", `"mobile_number":"1","channel":"whatsapp"`, true},
		{"OTPSendRequest", `"email":"a@b.example","channel":"email"`, true},
		{"OTPSendRequest", `"sender":"A"`, false},
		{"OTPSendRequest", `"mobile_number":"1"`, false},
		{"OTPSendRequest", `"mobile_number":"1","channel":"voice"`, false},
		{"OTPSendRequest", `"channel":"whatsapp"`, false},
		{"OTPSendRequest", `"channel":"email"`, false},
		{"OTPSendRequest", `"mobile_number":"1","channel":"email"`, false},
		{"OTPSendRequest", `"email":"a@b.example"`, false},
		{"OTPSendRequest", `"email":"a@b.example","sender":"A","channel":"sms"`, false},
		{"OTPSendRequest", `"mobile_number":"1","email":"a@b.example","channel":"email"`, false},
		{"OTPSendRequest", `"mobile_number":"1","sender":"A","email":"a@b.example"`, false},
		{"OTPReceipt", `"mobile_number":"1",` + receipt, true},
		{"OTPReceipt", `"email":"a@b.example",` + receipt, true},
		{"OTPReceipt", receipt, false},
		{"OTPReceipt", `"mobile_number":"1","email":"a@b.example",` + receipt, false},
		{"OTPVerifyRequest", `"code":"1","mobile_number":"1"`, true},
		{"OTPVerifyRequest", `"code":"1","email":"a@b.example"`, true},
		{"OTPVerifyRequest", `"code":"1"`, false},
		{"OTPVerifyRequest", `"code":"1","mobile_number":"1","email":"a@b.example"`, false},
		{"VoiceSendRequest", `"recipients":["1"],"text":"A"`, true},
		{"VoiceSendRequest", `"recipients":["1"],"audio_url":"https://a.example"`, true},
		{"VoiceSendRequest", `"recipients":["1"]`, false},
		{"VoiceSendRequest", `"recipients":["1"],"text":"A","audio_url":"https://a.example"`, false},
		{"USSDAppRotated", app + `,"test_secret":"ussk_test_1"`, true},
		{"USSDAppRotated", app + `,"live_secret":"ussk_live_1"`, true},
		{"USSDAppRotated", app, false},
		{"USSDAppRotated", app + `,"test_secret":"ussk_test_1","live_secret":"ussk_live_1"`, false},
	}
	for i, tt := range tests {
		t.Run(fmt.Sprintf("%s %d", tt.schema, i), func(t *testing.T) {
			t.Parallel()
			var value any
			require.NoError(t, json.Unmarshal([]byte("{"+tt.value+"}"), &value))
			schema := doc.model.Components.Schemas.GetOrZero(tt.schema)
			require.NotNil(t, schema)
			found := doc.validateLocked(schema.Schema(), value)
			require.Equal(t, tt.ok, len(found) == 0, "%s: %v", tt.value, found)
		})
	}
}
