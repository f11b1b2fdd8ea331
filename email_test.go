package hellio_test

import (
	"context"
	"fmt"
	"log"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func ExampleEmailService_Verify() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()

	results, err := client.Email.Verify(context.Background(), &hellio.EmailVerifyParams{
		Emails: []string{"ama@example.com", "info@example.com", helliotest.EmailUndeliverable},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range results {
		fmt.Println(r.Email, r.Status, r.RoleAccount)
	}
	// Output:
	// ama@example.com deliverable false
	// info@example.com risky true
	// undeliverable@hellio.test undeliverable false
}

func TestEmailRefusesBadInput(t *testing.T) {
	t.Parallel()
	verify := func(p *hellio.EmailVerifyParams) func(*hellio.Client) error {
		return func(c *hellio.Client) error {
			_, err := c.Email.Verify(context.Background(), p)
			return err
		}
	}
	requireRefused(t, map[string]refusal{
		"nil params":    {"params", verify(nil)},
		"no addresses":  {"emails", verify(&hellio.EmailVerifyParams{})},
		"an empty list": {"emails", verify(&hellio.EmailVerifyParams{Emails: []string{}})},
		"a blank":       {"emails[0]", verify(&hellio.EmailVerifyParams{Emails: []string{" "}})},
		"no @": {
			"emails[1]",
			verify(&hellio.EmailVerifyParams{Emails: []string{"ama@example.com",
				"ama.example.com"}}),
		},
		"nothing before the @": {
			"emails[0]",
			verify(&hellio.EmailVerifyParams{Emails: []string{"@example.com"}}),
		},
		"nowhere": {"emails[0]", verify(&hellio.EmailVerifyParams{Emails: []string{"ama@"}})},
		"not UTF-8": {
			"emails[0]",
			verify(&hellio.EmailVerifyParams{Emails: []string{"\xff@example.com"}}),
		},
	})
}

func TestMagicAddressesChooseTheVerdict(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	results, err := helliotest.New(
		t,
	).Client().Email.Verify(
		t.Context(),
		&hellio.EmailVerifyParams{Emails: []string{
			helliotest.EmailDeliverable,
			helliotest.EmailUndeliverable,
			helliotest.EmailDisposable,
			helliotest.EmailRole,
			helliotest.EmailUnknown,
		}},
	)
	require.NoError(t, err)
	for i := range results {
		require.NotEmpty(t, results[i].Raw)
		results[i].Raw = nil
	}
	require.Equal(t, []hellio.EmailResult{
		{
			Email:         helliotest.EmailDeliverable,
			Status:        hellio.EmailDeliverable,
			SyntaxValid:   true,
			MXFound:       true,
			MailboxExists: &yes,
		},
		{
			Email:         helliotest.EmailUndeliverable,
			Status:        hellio.EmailUndeliverable,
			SyntaxValid:   true,
			MXFound:       true,
			MailboxExists: &no,
		},
		{
			Email:         helliotest.EmailDisposable,
			Status:        hellio.EmailRisky,
			SyntaxValid:   true,
			MXFound:       true,
			MailboxExists: &yes,
			Disposable:    true,
		},
		{
			Email:         helliotest.EmailRole,
			Status:        hellio.EmailRisky,
			SyntaxValid:   true,
			MXFound:       true,
			MailboxExists: &yes,
			RoleAccount:   true,
		},
		{
			Email:       helliotest.EmailUnknown,
			Status:      hellio.EmailUnknown,
			SyntaxValid: true,
			MXFound:     true,
		},
	}, results)
}

func TestVerificationsWithLostRepliesAreNotRepeated(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t)
	fake.Fault(helliotest.EmailVerify, helliotest.Nth(1), helliotest.LoseReply())
	_, err := fake.Client().Email.Verify(
		t.Context(),
		&hellio.EmailVerifyParams{Emails: []string{"ama@example.com"}},
	)
	require.ErrorIs(t, err, hellio.ErrOutcomeUnknown)
	require.Len(t, fake.Requests(), 1)
	require.Equal(t, "99.9950", fake.Balance().Balance, "it was paid for")
}

func TestEmailResultsAreReadFromEachPlace(t *testing.T) {
	t.Parallel()
	const one = `[{"email":"ama@example.com","status":"spam_trap","score":7}]`
	for name, body := range map[string]string{
		"a list":            `{"data":` + one + `}`,
		"spaced":            "{\"data\":\n  " + one + `}`,
		"an object":         `{"data":{"results":` + one + `}}`,
		"another":           `{"data":{"emails":` + one + `,"count":1}}`,
		"one null, one not": `{"data":{"results":` + one + `,"emails":null}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := scripted(t, body)
			results, err := client.Email.Verify(
				t.Context(),
				&hellio.EmailVerifyParams{Emails: []string{"ama@example.com"}},
			)
			require.NoError(t, err)
			require.Len(t, results, 1)
			require.Equal(
				t,
				hellio.EmailStatus("spam_trap"),
				results[0].Status,
				"an unknown verdict passes through",
			)
			require.Contains(t, string(results[0].Raw), `"score":7`)
		})
	}
	for name, body := range map[string]string{
		"no data":           `{}`,
		"null":              `{"data":null}`,
		"no list":           `{"data":{"count":1}}`,
		"a number":          `{"data":7}`,
		"a list of numbers": `{"data":[7]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := scripted(t, body)
			results, err := client.Email.Verify(
				t.Context(),
				&hellio.EmailVerifyParams{Emails: []string{"ama@example.com"}},
			)
			require.Nil(t, results)
			var unreadable *hellio.DecodeError
			require.ErrorAs(t, err, &unreadable)
			require.Equal(t, hellio.OutcomeAccepted, hellio.OutcomeOf(err))
		})
	}
}
