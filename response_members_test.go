package hellio

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestEachMemberIsReadIntoItsOwnField checks every result against a body in
// which no two members have the same value.
func TestEachMemberIsReadIntoItsOwnField(t *testing.T) {
	t.Parallel()
	at := func(day int) Timestamp {
		text := "2026-03-0" + itoa(day) + "T05:06:07+00:00"
		moment, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return Timestamp{moment, text}
	}
	yes, no := true, false
	for body, want := range map[string]any{
		`{"reference":"r","campaign_id":1,"status":"s","accepted_recipients":2,` +
			`"invalid_recipients":3,"segments":4,"estimated_cost":"0.5",` +
			`"currency":"GHS"}`: &SMSSendResult{
			Reference:          "r",
			CampaignID:         "1",
			Status:             "s",
			AcceptedRecipients: 2,
			InvalidRecipients:  3,
			Segments:           4,
			EstimatedCost:      Amount{"0.5"},
			Currency:           "GHS",
		},
		`{"id":1,"reference":"r","campaign_id":2,"status":"s","accepted_recipients":3,` +
			`"invalid_recipients":4,"estimated_cost":"0.5","currency":"GHS"}`: &VoiceSendResult{
			ID:                 "1",
			Reference:          "r",
			CampaignID:         "2",
			Status:             "s",
			AcceptedRecipients: 3,
			InvalidRecipients:  4,
			EstimatedCost:      Amount{"0.5"},
			Currency:           "GHS",
		},
		`{"id":1,"reference":"r","name":"n","status":"s","total_recipients":2,"answered":3,` +
			`"failed":4,"duration_seconds":5,"cost":"0.6","currency":"GHS",` +
			`"created_at":"2026-03-01T05:06:07+00:00",` +
			`"completed_at":"2026-03-02T05:06:07+00:00"}`: &VoiceCampaign{
			ID:              "1",
			Reference:       "r",
			Name:            "n",
			Status:          "s",
			TotalRecipients: 2,
			Answered:        3,
			Failed:          4,
			DurationSeconds: 5,
			Cost:            Amount{"0.6"},
			Currency:        "GHS",
			CreatedAt:       at(1),
			CompletedAt:     at(2),
		},
		`{"status":"s","accepted":1,"invalid":2,"estimated_cost":"0.3",` +
			`"currency":"GHS"}`: &LookupBatch{
			Status:        "s",
			Accepted:      1,
			Invalid:       2,
			EstimatedCost: Amount{"0.3"},
			Currency:      "GHS",
		},
		`{"id":1,"reference":"r","mobile_number":"m","status":"s","valid":true,"network":"n",` +
			`"country":"c","mcc":"620","mnc":"01","cost":"0.2","currency":"GHS",` +
			`"created_at":"2026-03-01T05:06:07+00:00",` +
			`"completed_at":"2026-03-02T05:06:07+00:00"}`: &Lookup{
			ID:           "1",
			Reference:    "r",
			MobileNumber: "m",
			Status:       "s",
			Valid:        &yes,
			Network:      "n",
			Country:      "c",
			MCC:          "620",
			MNC:          "01",
			Cost:         Amount{"0.2"},
			Currency:     "GHS",
			CreatedAt:    at(1),
			CompletedAt:  at(2),
		},
		`{"reachable":true,"ported":false}`: &Lookup{Reachable: &yes, Ported: &no},
		`{"roaming":false,"ported":true}`:   &Lookup{Roaming: &no, Ported: &yes},
		`{"email":"e","status":"s","syntax_valid":true,"mailbox_exists":false}`: &EmailResult{
			Email:         "e",
			Status:        "s",
			SyntaxValid:   true,
			MailboxExists: &no,
		},
		`{"mx_found":true}`:     &EmailResult{MXFound: true},
		`{"disposable":true}`:   &EmailResult{Disposable: true},
		`{"role_account":true}`: &EmailResult{RoleAccount: true},
		`{"id":1,"reference":"r","campaign_id":2,"channel":"c","mobile_number":"m",` +
			`"sender":"s","message":"t","status":"d","segments":3,"cost":"0.4","currency":"GHS",` +
			`"provider_message_id":"p","error":"e","created_at":"2026-03-01T05:06:07+00:00",` +
			`"sent_at":"2026-03-02T05:06:07+00:00",` +
			`"delivered_at":"2026-03-03T05:06:07+00:00"}`: &Message{
			ID:                "1",
			Reference:         "r",
			CampaignID:        "2",
			Channel:           "c",
			MobileNumber:      "m",
			Sender:            "s",
			Message:           "t",
			Status:            "d",
			Segments:          3,
			Cost:              Amount{"0.4"},
			Currency:          "GHS",
			ProviderMessageID: "p",
			Error:             "e",
			CreatedAt:         at(1),
			SentAt:            at(2),
			DeliveredAt:       at(3),
		},
		`{"id":1,"reference":"r","sender":"s","message":"t","status":"d","total_recipients":2,` +
			`"accepted_recipients":3,"invalid_recipients":4,"segments":5,` +
			`"estimated_cost":"0.6","cost":"0.7","currency":"GHS","statuses":{"failed":8},` +
			`"created_at":"2026-03-01T05:06:07+00:00",` +
			`"completed_at":"2026-03-02T05:06:07+00:00"}`: &Campaign{
			ID:                 "1",
			Reference:          "r",
			Sender:             "s",
			Message:            "t",
			Status:             "d",
			TotalRecipients:    2,
			AcceptedRecipients: 3,
			InvalidRecipients:  4,
			Segments:           5,
			EstimatedCost:      Amount{"0.6"},
			Cost:               Amount{"0.7"},
			Currency:           "GHS",
			Statuses:           map[MessageStatus]int{MessageFailed: 8},
			CreatedAt:          at(1),
			CompletedAt:        at(2),
		},
		`{"balance":"1","available":"2","reserved":"3","currency":"GHS"}`: &Balance{
			Balance:   Amount{"1"},
			Available: Amount{"2"},
			Reserved:  Amount{"3"},
			Currency:  "GHS",
		},
		`{"network":"n","slug":"s","country":"c","price":"0.1","currency":"GHS"}`: &Price{
			Network:  "n",
			Slug:     "s",
			Country:  "c",
			Price:    Amount{"0.1"},
			Currency: "GHS",
		},
		`{"id":1,"url":"u","events":["e"],"active":true,"secret":"s","last_error":"l",` +
			`"failure_count":2,"created_at":"2026-03-01T05:06:07+00:00"}`: &Webhook{
			ID:           "1",
			URL:          "u",
			Events:       []string{"e"},
			Active:       true,
			Secret:       "s",
			LastError:    "l",
			FailureCount: 2,
			CreatedAt:    at(1),
		},
		`{"short_code":"c","currency":"GHS","session_prices":[{"network":"n","slug":"s",` +
			`"session_price":"0.1"}],"extension_prices":[{"length":3,` +
			`"monthly_price":"50"}]}`: &USSDPricing{
			ShortCode: "c",
			Currency:  "GHS",
			SessionPrices: []USSDSessionPrice{{Network: "n", Slug: "s",
				SessionPrice: Amount{"0.1"}}},
			ExtensionPrices: []USSDExtensionPrice{{Length: 3, MonthlyPrice: Amount{"50"}}},
		},
		`{"code":"c","valid":true,"monthly_price":"50"}`: &USSDAvailability{
			Code:         "c",
			Valid:        true,
			MonthlyPrice: Amount{"50"},
		},
		`{"available":true}`:           &USSDAvailability{Available: true},
		`{"message":"m","action":"a"}`: &USSDSimulateResult{Message: "m", Action: "a"},
		`{"id":"i","name":"n","callback_url":"u","mode":"m","test_secret":"t",` +
			`"live_secret":"l","is_live":true,"created_at":"2026-03-01T05:06:07+00:00"}`: &USSDApp{
			ID:          "i",
			Name:        "n",
			CallbackURL: "u",
			Mode:        "m",
			TestSecret:  "t",
			LiveSecret:  "l",
			IsLive:      true,
			CreatedAt:   at(1),
		},
		`{"active":true}`: &USSDApp{Active: true},
		`{"id":"i","code":"c","dial_string":"d","length":3,"status":"s","monthly_price":"50",` +
			`"auto_renew":true,"app_id":"a",` +
			`"expires_at":"2026-03-01T05:06:07+00:00"}`: &USSDExtension{
			ID:           "i",
			Code:         "c",
			DialString:   "d",
			Length:       3,
			Status:       "s",
			MonthlyPrice: Amount{"50"},
			AutoRenew:    true,
			AppID:        "a",
			ExpiresAt:    at(1),
		},
		`{"id":"i","session_ref":"r","msisdn":"m","service_code":"c","status":"s","steps":2,` +
			`"charge":"0.03","sandbox":true,` +
			`"started_at":"2026-03-01T05:06:07+00:00",` +
			`"ended_at":"2026-03-02T05:06:07+00:00"}`: &USSDSession{
			ID:          "i",
			SessionRef:  "r",
			MSISDN:      "m",
			ServiceCode: "c",
			Status:      "s",
			Steps:       2,
			Charge:      Amount{"0.03"},
			Sandbox:     true,
			StartedAt:   at(1),
			EndedAt:     at(2),
		},
	} {
		got := reflect.New(reflect.TypeOf(want).Elem())
		require.NoError(t, json.Unmarshal([]byte(body), got.Interface()), body)
		if raw := got.Elem().FieldByName("Raw"); raw.IsValid() {
			require.Equal(t, body, string(raw.Bytes()))
			raw.SetZero()
		}
		require.Equal(t, want, got.Interface(), body)
	}
}

// TestEachParamIsSentUnderItsOwnName checks every body against the names of the
// contract, not against the client's own decoding.
func TestEachParamIsSentUnderItsOwnName(t *testing.T) {
	t.Parallel()
	off := false
	for want, params := range map[string]any{
		`{"recipients":["r"],"sender":"s","message":"m","gateway":"g"}`: SMSSendParams{
			Recipients: []string{"r"},
			Sender:     "s",
			Message:    "m",
			Gateway:    "g",
		},
		`{"recipients":["r"],"caller_id":"c","text":"t","voice":"nova",` +
			`"name":"n"}`: VoiceSendParams{
			Recipients: []string{"r"},
			CallerID:   "c",
			Text:       "t",
			Voice:      VoiceNova,
			Name:       "n",
		},
		`{"recipients":["r"],"audio_url":"a"}`: VoiceSendParams{
			Recipients: []string{"r"},
			AudioURL:   "a",
		},
		`{"emails":["e"]}`: EmailVerifyParams{
			Emails: []string{"e"}},
		`{"url":"u","events":["e"]}`: WebhookParams{
			URL:    "u",
			Events: []string{"e"},
		},
		`{"name":"n","callback_url":"u","active":false}`: USSDAppParams{
			Name:        "n",
			CallbackURL: "u",
			Active:      &off,
		},
		`{"name":"n","callback_url":"u"}`: USSDAppParams{Name: "n", CallbackURL: "u"},
		`{"code":"c","app_id":"a","short_code":"s"}`: USSDExtensionParams{
			Code:      "c",
			AppID:     "a",
			ShortCode: "s",
		},
		`{"code":"c"}`: USSDExtensionParams{Code: "c"},
		`{"app_id":"a","session_id":"s","msisdn":"m","input":""}`: USSDSimulateParams{
			AppID:     "a",
			SessionID: "s",
			MSISDN:    "m",
		},
		`{"app_id":"a","session_id":"s","msisdn":"m","input":"i","new_session":true,` +
			`"service_code":"c"}`: USSDSimulateParams{
			AppID:       "a",
			SessionID:   "s",
			MSISDN:      "m",
			Input:       "i",
			NewSession:  true,
			ServiceCode: "c",
		},
	} {
		sent, err := json.Marshal(params)
		require.NoError(t, err)
		require.JSONEq(t, want, string(sent))
	}
}

func TestConstantsAreTheWordsOfTheAPI(t *testing.T) {
	t.Parallel()
	require.Equal(t, []Voice{"alloy", "echo", "fable", "onyx", "nova", "shimmer"},
		[]Voice{VoiceAlloy, VoiceEcho, VoiceFable, VoiceOnyx, VoiceNova, VoiceShimmer})
	require.Equal(t, []VoiceStatus{"queued", "processing", "completed", "failed"},
		[]VoiceStatus{VoiceQueued, VoiceProcessing, VoiceCompleted, VoiceFailed})
	require.Equal(t, []LookupStatus{"queued", "processing", "completed", "failed"},
		[]LookupStatus{LookupQueued, LookupProcessing, LookupCompleted, LookupFailed})
	require.Equal(t, []CampaignStatus{"queued", "processing", "completed", "failed"},
		[]CampaignStatus{CampaignQueued, CampaignProcessing, CampaignCompleted, CampaignFailed})
	require.Equal(t, []MessageStatus{"queued", "sent", "delivered", "failed"},
		[]MessageStatus{MessageQueued, MessageSent, MessageDelivered, MessageFailed})
	require.Equal(t, []EmailStatus{"deliverable", "undeliverable", "risky", "unknown"},
		[]EmailStatus{EmailDeliverable, EmailUndeliverable, EmailRisky, EmailUnknown})
	require.Equal(t, []string{"message.delivered", "message.failed", "*"},
		[]string{EventMessageDelivered, EventMessageFailed, EventAll})
	require.Equal(t, []USSDMode{"test", "live"}, []USSDMode{USSDTest, USSDLive})
	require.Equal(t, []USSDAction{"continue", "end"}, []USSDAction{USSDContinue, USSDEnd})
	require.Equal(t, []string{"active", "expired"},
		[]string{USSDExtensionActive, USSDExtensionExpired})
	require.Equal(t, []USSDSessionStatus{"active", "ended", "timeout", "failed"},
		[]USSDSessionStatus{USSDSessionActive, USSDSessionEnded, USSDSessionTimeout,
			USSDSessionFailed})
}
