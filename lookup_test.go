package hellio_test

import (
	"context"
	"fmt"
	"log"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func ExampleLookupService_Create() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()

	batch, err := client.Lookup.Create(
		context.Background(),
		&hellio.LookupParams{Numbers: []string{"+233249990001", "+233209990002", "12"}},
	)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(
		batch.Accepted,
		"accepted",
		batch.Invalid,
		"invalid",
		batch.EstimatedCost,
		batch.Currency,
	)
	for _, l := range batch.Lookups {
		fmt.Println(l.MobileNumber, l.Status)
	}
	// Output:
	// 2 accepted 1 invalid 0.0200 GHS
	// +233249990001 queued
	// +233209990002 queued
}

func ExampleLookupService_Wait() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()

	batch, err := client.Lookup.Create(
		ctx,
		&hellio.LookupParams{Numbers: []string{"+233249990001", helliotest.NumberInvalid}},
	)
	if err != nil {
		log.Fatal(err)
	}
	fake.Advance(time.Minute) // the time that lookups take
	for _, l := range batch.Lookups {
		found, err := client.Lookup.Wait(ctx, l.ID)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(found.MobileNumber, found.Status, *found.Valid, found.Network)
	}
	// Output:
	// +233249990001 completed true MTN
	// +233009900002 completed false
}

func ExampleLookupService_All() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	if _, err := client.Lookup.Create(
		ctx,
		&hellio.LookupParams{Numbers: []string{"+233249990001", "+233209990002"}},
	); err != nil {
		log.Fatal(err)
	}
	for l, err := range client.Lookup.All(ctx, &hellio.LookupListParams{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(l.MobileNumber, l.Status)
	}
	// Output:
	// +233209990002 queued
	// +233249990001 queued
}

func ExampleLookupService_Get() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	batch, err := client.Lookup.Create(
		ctx,
		&hellio.LookupParams{Numbers: []string{helliotest.NumberPorted}},
	)
	if err != nil {
		log.Fatal(err)
	}
	fake.Advance(time.Minute) // the time that lookups take
	found, err := client.Lookup.Get(ctx, batch.Lookups[0].ID)
	if err != nil {
		log.Fatal(err)
	}
	if found.Ported != nil { // nil until the lookup is completed
		fmt.Println(found.MobileNumber, found.Network, *found.Ported)
	}
	// Output: +233009900004 Telecel true
}

func ExampleLookupService_List() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	_, err = client.Lookup.Create(
		ctx,
		&hellio.LookupParams{Numbers: []string{helliotest.NumberPorted}},
	)
	if err != nil {
		log.Fatal(err)
	}
	fake.Advance(time.Minute) // the time that lookups take
	page, err := client.Lookup.List(ctx, &hellio.LookupListParams{PerPage: 20})
	if err != nil {
		log.Fatal(err)
	}
	for _, l := range page.Data {
		fmt.Println(l.MobileNumber, l.Status, l.Cost, l.Currency)
	}
	// Output: +233009900004 completed 0.0100 GHS
}

func TestLookupRefusesBadInput(t *testing.T) {
	t.Parallel()
	create := func(p *hellio.LookupParams) func(*hellio.Client) error {
		return func(c *hellio.Client) error {
			_, err := c.Lookup.Create(context.Background(), p)
			return err
		}
	}
	list := func(p *hellio.LookupListParams) func(*hellio.Client) error {
		return func(c *hellio.Client) error {
			_, err := c.Lookup.List(context.Background(), p)
			return err
		}
	}
	refusals := map[string]refusal{
		"nil params":    {"params", create(nil)},
		"no numbers":    {"numbers", create(&hellio.LookupParams{})},
		"an empty list": {"numbers", create(&hellio.LookupParams{Numbers: []string{}})},
		"a blank number": {
			"numbers[1]",
			create(&hellio.LookupParams{Numbers: []string{"233209990001", "\t"}}),
		},
		"a broken number": {"numbers[0]",
			create(&hellio.LookupParams{Numbers: []string{"233\xff"}})},
		"no time": {
			"params",
			create(
				&hellio.LookupParams{
					Numbers:     []string{"233209990001"},
					ScheduledAt: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC),
				},
			),
		},
		"nil page":   {"params", list(nil)},
		"201 a page": {"per_page", list(&hellio.LookupListParams{PerPage: 201})},
		"-1 a page":  {"per_page", list(&hellio.LookupListParams{PerPage: -1})},
	}
	for _, id := range badIDs {
		refusals[fmt.Sprintf("get %q", id)] = refusal{"id", func(c *hellio.Client) error {
			_, err := c.Lookup.Get(context.Background(), id)
			return err
		}}
		refusals[fmt.Sprintf("wait %q", id)] = refusal{"id", func(c *hellio.Client) error {
			_, err := c.Lookup.Wait(context.Background(), id)
			return err
		}}
	}
	requireRefused(t, refusals)
}

func TestLookupsAreScheduledInUTCToTheSecond(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t)
	accra := time.FixedZone("", 3600)
	at := time.Date(2100, 3, 4, 5, 6, 7, 890, accra)
	p := &hellio.LookupParams{Numbers: []string{"233209990001"}, ScheduledAt: at}
	_, err := fake.Client().Lookup.Create(t.Context(), p)
	require.NoError(t, err)
	require.JSONEq(
		t,
		`{"numbers":["233209990001"],"scheduled_at":"2100-03-04T04:06:07Z"}`,
		string(fake.Requests()[0].Body),
	)
	require.Equal(t, at, p.ScheduledAt, "the caller's params are not changed")
	_, err = fake.Client().Lookup.Create(
		t.Context(),
		&hellio.LookupParams{Numbers: []string{"233209990001"}},
	)
	require.NoError(t, err)
	require.JSONEq(t, `{"numbers":["233209990001"]}`, string(fake.Requests()[1].Body))
}

func TestLookupsHaveNoResultUntilCompleted(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t)
	client := fake.Client()
	batch, err := client.Lookup.Create(
		t.Context(),
		&hellio.LookupParams{Numbers: []string{"233249990001"}},
	)
	require.NoError(t, err)
	early, err := client.Lookup.Get(t.Context(), batch.Lookups[0].ID)
	require.NoError(t, err)
	require.Nil(t, early.Valid)
	require.Nil(t, early.Reachable)
	require.Empty(t, early.Network)
	require.True(t, early.CompletedAt.IsZero())
	fake.Advance(time.Minute)
	late, err := client.Lookup.Get(t.Context(), hellio.ID(early.Reference))
	require.NoError(t, err)
	require.True(t, late.Status.IsFinal())
	require.Equal(
		t,
		[]any{true, true, false, false, "MTN", "GH", "620", "01", "0.0100"},
		[]any{
			*late.Valid,
			*late.Reachable,
			*late.Ported,
			*late.Roaming,
			late.Network,
			late.Country,
			late.MCC,
			late.MNC,
			late.Cost.String(),
		},
	)
	require.NotEmpty(t, late.Raw)
}

func TestLookupsWithLostRepliesAreNotRepeated(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t)
	fake.Fault(helliotest.LookupCreate, helliotest.Nth(1), helliotest.LoseReply())
	client := fake.Client()
	_, err := client.Lookup.Create(
		t.Context(),
		&hellio.LookupParams{Numbers: []string{"233249990001"}},
	)
	require.ErrorIs(t, err, hellio.ErrOutcomeUnknown)
	require.Len(t, fake.Requests(), 1)
	require.Empty(t, fake.Requests()[0].IdempotencyKey)
	page, err := client.Lookup.List(t.Context(), &hellio.LookupListParams{})
	require.NoError(t, err)
	require.Len(t, page.Data, 1, "List shows what became of it")
}

func TestNoValidNumbersIsAValidationError(t *testing.T) {
	t.Parallel()
	_, err := helliotest.New(
		t,
	).Client().Lookup.Create(
		t.Context(),
		&hellio.LookupParams{Numbers: []string{"12"}},
	)
	var invalid *hellio.ValidationError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, hellio.CodeNoValidNumbers, invalid.Code)
}
