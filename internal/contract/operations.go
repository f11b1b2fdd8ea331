package contract

import "net/http"

// Operation is one route of the API.
type Operation struct {
	Name     string // as the fake's fault rules spell it: sms_send
	Method   string
	Route    string // below /v1, with {id} where an id goes
	Scope    string // "" for a public route
	Keyed    bool   // honours Idempotency-Key
	Billable bool   // moves money
}

// The operations of the API, in the order of its chapters.
var (
	AuthToken = Operation{Name: "auth_token", Method: http.MethodPost, Route: "/auth/token"}
	SMSSend   = Operation{
		Name:     "sms_send",
		Method:   http.MethodPost,
		Route:    "/sms/send",
		Scope:    ScopeSMSSend,
		Keyed:    true,
		Billable: true,
	}
	MessageList = Operation{
		Name:   "message_list",
		Method: http.MethodGet,
		Route:  "/messages",
		Scope:  ScopeReports,
	}
	MessageGet = Operation{
		Name:   "message_get",
		Method: http.MethodGet,
		Route:  "/messages/{id}",
		Scope:  ScopeReports,
	}
	CampaignList = Operation{
		Name:   "campaign_list",
		Method: http.MethodGet,
		Route:  "/campaigns",
		Scope:  ScopeReports,
	}
	CampaignGet = Operation{
		Name:   "campaign_get",
		Method: http.MethodGet,
		Route:  "/campaigns/{id}",
		Scope:  ScopeReports,
	}
	OTPSend = Operation{
		Name:     "otp_send",
		Method:   http.MethodPost,
		Route:    "/otp/send",
		Scope:    ScopeOTP,
		Keyed:    true,
		Billable: true,
	}
	OTPVerify = Operation{
		Name:   "otp_verify",
		Method: http.MethodPost,
		Route:  "/otp/verify",
		Scope:  ScopeOTP,
	}
	VoiceSend = Operation{
		Name:     "voice_send",
		Method:   http.MethodPost,
		Route:    "/voice/send",
		Scope:    ScopeVoice,
		Keyed:    true,
		Billable: true,
	}
	VoiceGet = Operation{
		Name:   "voice_get",
		Method: http.MethodGet,
		Route:  "/voice/{id}",
		Scope:  ScopeVoice,
	}
	LookupCreate = Operation{
		Name:     "lookup_create",
		Method:   http.MethodPost,
		Route:    "/lookup",
		Scope:    ScopeLookup,
		Billable: true,
	}
	LookupList = Operation{
		Name:   "lookup_list",
		Method: http.MethodGet,
		Route:  "/lookups",
		Scope:  ScopeLookup,
	}
	LookupGet = Operation{
		Name:   "lookup_get",
		Method: http.MethodGet,
		Route:  "/lookup/{id}",
		Scope:  ScopeLookup,
	}
	EmailVerify = Operation{
		Name:     "email_verify",
		Method:   http.MethodPost,
		Route:    "/email/verify",
		Scope:    ScopeEmailVerify,
		Billable: true,
	}
	BalanceGet = Operation{
		Name:   "balance_get",
		Method: http.MethodGet,
		Route:  "/balance",
		Scope:  ScopeBalance,
	}
	PricingGet = Operation{
		Name:   "pricing_get",
		Method: http.MethodGet,
		Route:  "/pricing",
		Scope:  ScopeBalance,
	}
	WebhookList = Operation{
		Name:   "webhook_list",
		Method: http.MethodGet,
		Route:  "/webhooks",
		Scope:  ScopeWebhooks,
	}
	WebhookCreate = Operation{
		Name:   "webhook_create",
		Method: http.MethodPost,
		Route:  "/webhooks",
		Scope:  ScopeWebhooks,
	}
	WebhookDelete = Operation{
		Name:   "webhook_delete",
		Method: http.MethodDelete,
		Route:  "/webhooks/{id}",
		Scope:  ScopeWebhooks,
	}
	USSDPricing = Operation{
		Name:   "ussd_pricing",
		Method: http.MethodGet,
		Route:  "/ussd/pricing",
		Scope:  ScopeUSSD,
	}
	USSDAvailability = Operation{
		Name:   "ussd_availability",
		Method: http.MethodGet,
		Route:  "/ussd/pricing/availability",
		Scope:  ScopeUSSD,
	}
	USSDAppList = Operation{
		Name:   "ussd_app_list",
		Method: http.MethodGet,
		Route:  "/ussd/apps",
		Scope:  ScopeUSSD,
	}
	USSDAppCreate = Operation{
		Name:   "ussd_app_create",
		Method: http.MethodPost,
		Route:  "/ussd/apps",
		Scope:  ScopeUSSD,
	}
	USSDAppUpdate = Operation{
		Name:   "ussd_app_update",
		Method: http.MethodPut,
		Route:  "/ussd/apps/{id}",
		Scope:  ScopeUSSD,
	}
	USSDAppDelete = Operation{
		Name:   "ussd_app_delete",
		Method: http.MethodDelete,
		Route:  "/ussd/apps/{id}",
		Scope:  ScopeUSSD,
	}
	USSDAppMode = Operation{
		Name:   "ussd_app_mode",
		Method: http.MethodPost,
		Route:  "/ussd/apps/{id}/mode",
		Scope:  ScopeUSSD,
	}
	USSDAppSecret = Operation{
		Name:   "ussd_app_rotate_secret",
		Method: http.MethodPost,
		Route:  "/ussd/apps/{id}/rotate-secret",
		Scope:  ScopeUSSD,
	}
	USSDExtList = Operation{
		Name:   "ussd_extension_list",
		Method: http.MethodGet,
		Route:  "/ussd/extensions",
		Scope:  ScopeUSSD,
	}
	USSDExtCreate = Operation{
		Name:     "ussd_extension_create",
		Method:   http.MethodPost,
		Route:    "/ussd/extensions",
		Scope:    ScopeUSSD,
		Billable: true,
	}
	USSDExtDelete = Operation{
		Name:   "ussd_extension_delete",
		Method: http.MethodDelete,
		Route:  "/ussd/extensions/{id}",
		Scope:  ScopeUSSD,
	}
	USSDSessionList = Operation{
		Name:   "ussd_session_list",
		Method: http.MethodGet,
		Route:  "/ussd/sessions",
		Scope:  ScopeUSSD,
	}
	USSDSessionGet = Operation{
		Name:   "ussd_session_get",
		Method: http.MethodGet,
		Route:  "/ussd/sessions/{id}",
		Scope:  ScopeUSSD,
	}
	USSDSimulate = Operation{
		Name:   "ussd_simulate",
		Method: http.MethodPost,
		Route:  "/ussd/simulate",
		Scope:  ScopeUSSD,
	}
)
