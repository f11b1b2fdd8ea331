package helliotest

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// resealed is a snapshot whose state was changed, with the checksum that goes
// with it.
func resealed(t *testing.T, snapshot []byte, change func(s *savedWorld)) []byte {
	t.Helper()
	s, err := open(snapshot)
	require.NoError(t, err)
	change(s)
	sealed, err := seal(envelope{}, s)
	require.NoError(t, err)
	return sealed
}

// about is a delivery that fits: to the webhook of seedSnapshot, about its
// first message.
func about(s *savedWorld) savedDelivery {
	return savedDelivery{
		deliveryState: deliveryState{ID: "d", Status: "delivered"},
		Webhook:       s.Webhooks[0].ID,
		Message:       s.Messages[0].ID,
	}
}

func TestAnImpossibleStateIsRefusedDespiteItsChecksum(t *testing.T) {
	t.Parallel()
	whole := seedSnapshot(t)
	for name, c := range map[string]struct {
		change func(s *savedWorld)
		says   string
	}{
		"ids below zero": {
			func(s *savedWorld) { s.LastID = -1 }, "LastID -1 is out of range",
		},
		"ids beyond JSON's numbers": {
			func(s *savedWorld) { s.LastID = 1 << 53 }, "LastID 9007199254740992 is out of range",
		},
		"a seed without its place": {func(s *savedWorld) { s.Random = []byte("x") }, "PCG"},
		"an id above the last": {
			func(s *savedWorld) { s.Messages[2].ID = s.LastID + 1 },
			"of a message is out of order or above LastID",
		},
		"an id twice": {
			func(s *savedWorld) { s.Messages[1].ID = s.Messages[0].ID },
			"of a message is out of order or above LastID",
		},
		"an id of zero": {
			func(s *savedWorld) { s.Messages[0].ID = 0 },
			"the id 0 of a message is out of order or above LastID",
		},
		"a time long after": {
			func(s *savedWorld) { s.Messages[0].Created = s.At.Add(maxSavedAge) },
			"lies too far from that of the snapshot",
		},
		"a time long before": {
			func(s *savedWorld) { s.Messages[0].Created = s.At.Add(-maxSavedAge) },
			"lies too far from that of the snapshot",
		},
		"a count below zero": {
			func(s *savedWorld) { s.Messages[0].Segments = -1 }, "a message counts -1",
		},
		"a count too high": {
			func(s *savedWorld) { s.Messages[0].Segments = maxSavedCount + 1 },
			"a message counts 1073741824",
		},
		"a token's window": {
			func(s *savedWorld) { s.Tokens[0].Window.Count = -1 }, "a window counts -1",
		},
		"a login's window": {
			func(s *savedWorld) { s.LoginTries = map[string]savedWindow{"a": {Count: -1}} },
			"a window counts -1",
		},
		"a key without an answer": {
			func(s *savedWorld) { s.Keys[0].Status = 199 }, "a key with the status 199",
		},
		"a key of a refusal": {
			func(s *savedWorld) { s.Keys[0].Status = 300 }, "a key with the status 300",
		},
		"fewer than no wrong tries": {
			func(s *savedWorld) { s.OTPs[0].Wrong = -1 }, "a code with -1 wrong tries",
		},
		"a code out of tries": {
			func(s *savedWorld) { s.OTPs[0].Wrong = maxOTPTries }, "a code with 5 wrong tries",
		},
		"an empty campaign": {
			func(s *savedWorld) { s.Messages[0].Campaign, s.Messages[1].Campaign = 0, 0 },
			"has no message",
		},
		"a campaign that is not": {
			func(s *savedWorld) { s.Messages[2].Campaign = s.LastID }, "which is not there",
		},
		"a campaign's invalid": {
			func(s *savedWorld) { s.Campaigns[0].Invalid = -1 }, "a campaign counts -1",
		},
		"a campaign's segments": {
			func(s *savedWorld) { s.Campaigns[0].Segments = -1 }, "a campaign counts -1",
		},
		"a campaign's id": {
			func(s *savedWorld) { s.Campaigns[0].ID = 0 }, "the id 0 of a campaign",
		},
		"calls that were accepted": {
			func(s *savedWorld) { s.Voices[0].Accepted = -1 }, "a voice campaign counts -1",
		},
		"calls that were not": {
			func(s *savedWorld) { s.Voices[0].Invalid = -1 }, "a voice campaign counts -1",
		},
		"calls that are to fail": {
			func(s *savedWorld) { s.Voices[0].Doomed = -1 }, "a voice campaign counts -1",
		},
		"seconds of calls": {
			func(s *savedWorld) { s.Voices[0].Seconds = -1 }, "a voice campaign counts -1",
		},
		"a voice campaign's id": {
			func(s *savedWorld) { s.Voices[0].ID = 0 }, "the id 0 of a voice campaign",
		},
		"more reserved than there is": {
			func(s *savedWorld) { s.Balance, s.Reserved = 1, 2 },
			"invalid balance: got 0.0001, want at least the 0.0002 that is reserved",
		},
		"a lookup's id": {
			func(s *savedWorld) { s.Lookups[0].ID = 0 }, "the id 0 of a lookup",
		},
		"a webhook's failures": {
			func(s *savedWorld) { s.Webhooks[0].Failures = -1 }, "a webhook counts -1",
		},
		"a webhook's id": {
			func(s *savedWorld) { s.Webhooks[0].ID = 0 }, "the id 0 of a webhook",
		},
		"a report to nobody": {
			func(s *savedWorld) {
				d := about(s)
				d.Webhook = s.LastID
				s.Deliveries = append(s.Deliveries, d)
			},
			"and one of them is not there",
		},
		"a report about nothing": {
			func(s *savedWorld) {
				d := about(s)
				d.Message = s.LastID
				s.Deliveries = append(s.Deliveries, d)
			},
			"and one of them is not there",
		},
		"fewer than no attempts": {
			func(s *savedWorld) {
				d := about(s)
				d.Tries = -1
				s.Deliveries = append(s.Deliveries, d)
			},
			`delivery "d" has -1 tries`,
		},
		"more attempts than planned": {
			func(s *savedWorld) {
				d := about(s)
				d.Tries = 6
				s.Deliveries = append(s.Deliveries, d)
			},
			`delivery "d" has 6 tries`,
		},
		"a USSD app's id": {
			func(s *savedWorld) { s.Apps = []ussdApp{{}} }, "the id 0 of a USSD app",
		},
		"an app that is not": {
			func(s *savedWorld) { s.Extensions[0].App = s.LastID }, "which is not there",
		},
		"an extension not paid for": {
			func(s *savedWorld) { s.Extensions[0].Months = 0 }, "is paid for 0 months",
		},
		"an extension for ever": {
			func(s *savedWorld) { s.Extensions[0].Months = 3000 }, "is paid for 3000 months",
		},
		"an extension's id": {
			func(s *savedWorld) { s.Extensions[0].ID = 0 }, "the id 0 of a USSD extension",
		},
		"a session's steps": {
			func(s *savedWorld) {
				bad := sessionState{ID: 1, Steps: -1}
				s.Sessions = []savedSession{{sessionState: bad}}
			},
			"a session counts -1",
		},
		"a session's id": {
			func(s *savedWorld) { s.Sessions = []savedSession{{}} }, "the id 0 of a USSD session",
		},
		"a request's id": {
			func(s *savedWorld) { s.Requests = []savedRequest{{}} }, "the id 0 of a request",
		},
		"a rate limit below zero": {
			func(s *savedWorld) { s.RateLimit = -1 }, "invalid rate limit: got -1, want 0 or more",
		},
		"no IP range": {
			func(s *savedWorld) { s.AllowedIPs = []string{"all"} },
			"neither an IP address nor a CIDR range",
		},
		"no period of a limit": {
			func(s *savedWorld) { s.SpendLimit = &SpendLimit{Period: "hourly", Amount: "1"} },
			"neither daily nor monthly",
		},
		"a login without a password": {func(s *savedWorld) {
			s.Logins = []LoginUser{{Email: "a@b.example"}, {Email: "c@d.example", Password: "x"}}
		}, "the password is empty"},
		"an empty token": {
			func(s *savedWorld) { s.Tokens[0].Token = "" }, "a token that can't be one",
		},
		"an unknown scope": {
			func(s *savedWorld) { s.Tokens[0].Scopes = []string{"all"} }, `unknown scope "all"`,
		},
		"the first thing amiss": {
			func(s *savedWorld) {
				s.LastID = -1
				s.Random = nil
				s.Keys[0].Status = 500
			},
			"LastID -1 is out of range",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Start(FromSnapshot(resealed(t, whole, c.change)))
			require.ErrorContains(t, err, "FromSnapshot: ")
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestAStateWithAnUnknownMemberIsRefused(t *testing.T) {
	t.Parallel()
	var e envelope
	require.NoError(t, json.Unmarshal(seedSnapshot(t), &e))
	e.State = append([]byte(`{"Rumours":1,`), e.State[1:]...)
	e.SHA256 = fingerprint(e.State)
	newer, err := json.Marshal(e)
	require.NoError(t, err)
	_, err = Start(FromSnapshot(newer))
	require.ErrorContains(t, err, "FromSnapshot: the snapshot's state can't be read: ")
}

func TestAStateAtEachLimitIsRead(t *testing.T) {
	t.Parallel()
	whole := seedSnapshot(t)
	for name, change := range map[string]func(s *savedWorld){
		"the highest id": func(s *savedWorld) {
			s.LastID = 1<<53 - 1
			s.Messages[2].ID = s.LastID
		},
		"a time almost too late": func(s *savedWorld) {
			s.Messages[0].Created = s.At.Add(maxSavedAge - 1)
		},
		"a time almost too early": func(s *savedWorld) {
			s.Messages[0].Created = s.At.Add(1 - maxSavedAge)
		},
		"the highest count":   func(s *savedWorld) { s.Messages[0].Segments = maxSavedCount },
		"the lowest success":  func(s *savedWorld) { s.Keys[0].Status = 200 },
		"the highest success": func(s *savedWorld) { s.Keys[0].Status = 299 },
		"no wrong try":        func(s *savedWorld) { s.OTPs[0].Wrong = 0 },
		"one try left":        func(s *savedWorld) { s.OTPs[0].Wrong = maxOTPTries - 1 },
		"all attempts made": func(s *savedWorld) {
			d := about(s)
			d.Tries = 5
			s.Deliveries = append(s.Deliveries, d)
		},
		"the longest extension": func(s *savedWorld) { s.Extensions[0].Months = 2999 },
		"a window of no call": func(s *savedWorld) {
			s.LoginTries = map[string]savedWindow{"a": {}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := Start(FromSnapshot(resealed(t, whole, change)))
			require.NoError(t, err)
			require.NoError(t, f.Close())
		})
	}
}
