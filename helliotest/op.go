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

// opTable holds the constant of each Op in Go, and the client's method for it.
var opTable = map[Op]struct{ constant, method string }{
	AuthToken:        {"AuthToken", "Login"},
	SMSSend:          {"SMSSend", "SMS.Send"},
	MessageList:      {"MessageList", "Reports.ListMessages"},
	MessageGet:       {"MessageGet", "Reports.GetMessage"},
	CampaignList:     {"CampaignList", "Reports.ListCampaigns"},
	CampaignGet:      {"CampaignGet", "Reports.GetCampaign"},
	OTPSend:          {"OTPSend", "OTP.Send"},
	OTPVerify:        {"OTPVerify", "OTP.Verify"},
	VoiceSend:        {"VoiceSend", "Voice.Send"},
	VoiceGet:         {"VoiceGet", "Voice.Get"},
	LookupCreate:     {"LookupCreate", "Lookup.Create"},
	LookupList:       {"LookupList", "Lookup.List"},
	LookupGet:        {"LookupGet", "Lookup.Get"},
	EmailVerify:      {"EmailVerify", "Email.Verify"},
	BalanceGet:       {"BalanceGet", "Balance.Get"},
	PricingGet:       {"PricingGet", "Balance.Pricing"},
	WebhookList:      {"WebhookList", "Webhooks.List"},
	WebhookCreate:    {"WebhookCreate", "Webhooks.Create"},
	WebhookDelete:    {"WebhookDelete", "Webhooks.Delete"},
	USSDPricing:      {"USSDPricing", "USSD.Pricing"},
	USSDAvailability: {"USSDAvailability", "USSD.Availability"},
	USSDAppList:      {"USSDAppList", "USSD.Apps.List"},
	USSDAppCreate:    {"USSDAppCreate", "USSD.Apps.Create"},
	USSDAppUpdate:    {"USSDAppUpdate", "USSD.Apps.Update"},
	USSDAppDelete:    {"USSDAppDelete", "USSD.Apps.Delete"},
	USSDAppMode:      {"USSDAppMode", "USSD.Apps.SetMode"},
	USSDAppSecret:    {"USSDAppSecret", "USSD.Apps.RotateSecret"},
	USSDExtList:      {"USSDExtList", "USSD.Extensions.List"},
	USSDExtCreate:    {"USSDExtCreate", "USSD.Extensions.Create"},
	USSDExtDelete:    {"USSDExtDelete", "USSD.Extensions.Delete"},
	USSDSessionList:  {"USSDSessionList", "USSD.Sessions.List"},
	USSDSessionGet:   {"USSDSessionGet", "USSD.Sessions.Get"},
	USSDSimulate:     {"USSDSimulate", "USSD.Simulate"},
	AnyOp:            {"AnyOp", ""},
	WebhookDelivery:  {"WebhookDelivery", ""},
}

// method returns the name of the client's method for an operation.
func (op Op) method() string { return opTable[op].method }

// covers reports whether a fault on op acts on calls of an operation.
func (op Op) covers(called Op) bool { return op == AnyOp || op == called }

// opNames are the ops that SetFaults takes.
func opNames() []string {
	var names []string
	for op := range opTable {
		names = append(names, string(op))
	}
	return names
}

func (op Op) known() bool {
	_, ok := opTable[op]
	return ok
}
