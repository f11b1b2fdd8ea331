package conformance

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/behaviour"
)

// unnamedMarks are the inferred and decided marks that name no claim, by the
// reason. A wrong claim is worse than none.
var unnamedMarks = []struct{ reason, marks string }{
	{"no claim says that the route is there, or that a read answers 200", `
		/lookup/post /lookup/{id}/get /lookup/{id}/get/responses/200
		/lookups/get /lookups/get/responses/200 /pricing/get/responses/200
		/ussd/apps/get/responses/200 /ussd/apps/{id}/mode/post/responses/200
		/ussd/apps/{id}/put /ussd/apps/{id}/rotate-secret/post/responses/200
		/ussd/extensions/get /ussd/extensions/get/responses/200 /ussd/extensions/post
		/ussd/pricing/availability/get /ussd/pricing/availability/get/responses/200
		/ussd/pricing/get /ussd/pricing/get/responses/200
		/ussd/sessions/get/responses/200
		/ussd/sessions/{id}/get /ussd/sessions/{id}/get/responses/200
		/voice/{id}/get /voice/{id}/get/responses/200
		/webhooks/get /webhooks/get/responses/200 /webhooks/post`},
	{"the members of the object name the claim", `
		/EmailResult /Lookup /LookupBatch /Price /USSDApp /USSDAppCreated /USSDAppRotated
		/USSDAvailability /USSDExtension /USSDPricing /USSDSession /USSDStep
		/VoiceCampaign /VoiceReceipt /Wallet /Webhook /WebhookCreated`},
	{"the items of the list name the claim", `
		/EmailVerifyEnvelope/data /PricingEnvelope/data /WebhookListEnvelope/data`},
	{"the member error of the answer names the claim", `
		/responses/ExtensionRequired /responses/ExtensionUnavailable
		/responses/InsufficientUSSDBalance`},
	{"routes with different claims share it", `
		/parameters/IDOrReference /parameters/USSDID
		/responses/Deleted /responses/InvalidOrUnknownApp`},
	{"the claim about it has another basis", `
		/Campaign/id /Campaign/reference /Campaign/statuses/delivered
		/Campaign/statuses/failed /Campaign/statuses/queued /Campaign/statuses/sent
		/Links/prev /LookupBatch/accepted /Message/reference /Meta/prev_cursor
		/USSDAppCreated/live_secret /USSDAppCreated/test_secret
		/USSDAppRotated/live_secret /USSDAppRotated/test_secret
		/VoiceSendRequest/audio_url /VoiceSendRequest/text /Wallet/currency
		/Webhook/id /WebhookCreateRequest/events /WebhookCreated/id
		/pricing/get/parameters/0 /responses/ServiceOff`},
	{"no claim is about it", `
		/Links/first /Links/last /Links/next /Meta/path /OTPSendRequest/gateway
		/USSDAppUpdateRequest/active /USSDExtensionCreateRequest/app_id
		/USSDModeRequest/mode /USSDSimulateRequest/app_id /USSDSimulateRequest/msisdn
		/USSDSimulateRequest/new_session /UnavailableError/error /VoiceSendRequest/name
		/headers/RetryAfterOptional /webhooks/{id}/delete/parameters/0
		/ussd_callback/post/responses/2XX /ussd_callback/post/responses/2XX/message
		/ussd_callback/post/responses/2XX/action`},
}

// markName returns the path of a mark without what all paths have.
var markName = strings.NewReplacer("/components/schemas/", "/", "/components/", "/",
	"/content/application/json/schema", "", "/properties/", "/", "/paths//", "/",
	"/webhooks/ussd_callback", "/ussd_callback")

func TestMarksNameTheirClaims(t *testing.T) {
	t.Parallel()
	var unnamed []string
	named := 0
	walk("", rawDocument(t), func(path string, o object) {
		basis, isMark := o["x-source"].(string)
		id, isNamed := o["x-behaviour"].(string)
		switch {
		case isNamed:
			named++
			claim, found := behaviour.Find(id)
			require.True(t, found, "%s: no claim %s", path, id)
			require.EqualValues(t, claim.Basis, basis, "%s: basis of %s", path, id)
		case isMark && basis != "documented":
			unnamed = append(unnamed, markName.Replace(path))
		}
	})
	var exempt []string
	for _, group := range unnamedMarks {
		exempt = append(exempt, strings.Fields(group.marks)...)
	}
	require.ElementsMatch(t, exempt, unnamed)
	require.Greater(t, named, len(unnamed))
}

// An observation of a claim about members lists those that differ, so the
// claim has to be about the member of its mark.
func TestClaimsAboutMembersNameTheMember(t *testing.T) {
	t.Parallel()
	walk("", rawDocument(t), func(path string, o object) {
		id, _ := o["x-behaviour"].(string)
		claim, _ := behaviour.Find(id)
		if !strings.HasSuffix(id, ".fields") {
			return
		}
		member := path[strings.LastIndex(path, "/")+1:]
		words := strings.FieldsFunc(claim.Text, func(r rune) bool {
			return r == ' ' || r == ','
		})
		require.Contains(t, words, member, "%s: %s", path, id)
	})
}
