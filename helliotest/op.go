package helliotest

// Op names what a fault acts on: an operation of the API, AnyOp or
// WebhookDelivery.
type Op string

// The operations, in the order of the API's chapters.
const (
	AuthToken        Op = "auth_token"
	SMSSend          Op = "sms_send"
	MessageList      Op = "message_list"
	MessageGet       Op = "message_get"
	CampaignList     Op = "campaign_list"
	CampaignGet      Op = "campaign_get"
	OTPSend          Op = "otp_send"
	OTPVerify        Op = "otp_verify"
	VoiceSend        Op = "voice_send"
	VoiceGet         Op = "voice_get"
	LookupCreate     Op = "lookup_create"
	LookupList       Op = "lookup_list"
	LookupGet        Op = "lookup_get"
	EmailVerify      Op = "email_verify"
	BalanceGet       Op = "balance_get"
	PricingGet       Op = "pricing_get"
	WebhookList      Op = "webhook_list"
	WebhookCreate    Op = "webhook_create"
	WebhookDelete    Op = "webhook_delete"
	USSDPricing      Op = "ussd_pricing"
	USSDAvailability Op = "ussd_availability"
	USSDAppList      Op = "ussd_app_list"
	USSDAppCreate    Op = "ussd_app_create"
	USSDAppUpdate    Op = "ussd_app_update"
	USSDAppDelete    Op = "ussd_app_delete"
	USSDAppMode      Op = "ussd_app_mode"
	USSDAppSecret    Op = "ussd_app_rotate_secret"
	USSDExtList      Op = "ussd_extension_list"
	USSDExtCreate    Op = "ussd_extension_create"
	USSDExtDelete    Op = "ussd_extension_delete"
	USSDSessionList  Op = "ussd_session_list"
	USSDSessionGet   Op = "ussd_session_get"
	USSDSimulate     Op = "ussd_simulate"

	AnyOp           Op = "any"     // every operation of the API
	WebhookDelivery Op = "webhook" // an attempt to deliver a webhook
)

// clientMethods holds the client's method for each operation.
var clientMethods = map[Op]string{
	AuthToken:        "Login",
	SMSSend:          "SMS.Send",
	MessageList:      "Reports.ListMessages",
	MessageGet:       "Reports.GetMessage",
	CampaignList:     "Reports.ListCampaigns",
	CampaignGet:      "Reports.GetCampaign",
	OTPSend:          "OTP.Send",
	OTPVerify:        "OTP.Verify",
	VoiceSend:        "Voice.Send",
	VoiceGet:         "Voice.Get",
	LookupCreate:     "Lookup.Create",
	LookupList:       "Lookup.List",
	LookupGet:        "Lookup.Get",
	EmailVerify:      "Email.Verify",
	BalanceGet:       "Balance.Get",
	PricingGet:       "Balance.Pricing",
	WebhookList:      "Webhooks.List",
	WebhookCreate:    "Webhooks.Create",
	WebhookDelete:    "Webhooks.Delete",
	USSDPricing:      "USSD.Pricing",
	USSDAvailability: "USSD.Availability",
	USSDAppList:      "USSD.Apps.List",
	USSDAppCreate:    "USSD.Apps.Create",
	USSDAppUpdate:    "USSD.Apps.Update",
	USSDAppDelete:    "USSD.Apps.Delete",
	USSDAppMode:      "USSD.Apps.SetMode",
	USSDAppSecret:    "USSD.Apps.RotateSecret",
	USSDExtList:      "USSD.Extensions.List",
	USSDExtCreate:    "USSD.Extensions.Create",
	USSDExtDelete:    "USSD.Extensions.Delete",
	USSDSessionList:  "USSD.Sessions.List",
	USSDSessionGet:   "USSD.Sessions.Get",
	USSDSimulate:     "USSD.Simulate",
}

// method returns the name of the client's method for an operation.
func (op Op) method() string { return clientMethods[op] }

// covers reports whether a fault on op acts on calls of an operation.
func (op Op) covers(called Op) bool { return op == AnyOp || op == called }

// opNames are the ops that SetFaults takes.
func opNames() []string {
	names := []string{string(AnyOp), string(WebhookDelivery)}
	for op := range clientMethods {
		names = append(names, string(op))
	}
	return names
}

func (op Op) known() bool {
	return op == AnyOp || op == WebhookDelivery || clientMethods[op] != ""
}
