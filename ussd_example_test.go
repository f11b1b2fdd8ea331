package hellio_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// airtimeMenu is a callback: it returns what the phone shows, and whether the
// session continues.
func airtimeMenu(w http.ResponseWriter, r *http.Request) {
	var step struct {
		Input string `json:"input"`
	}
	if err := json.NewDecoder(r.Body).Decode(&step); err != nil {
		http.Error(w, "bad step", http.StatusBadRequest)
		return
	}
	reply := map[string]string{"message": "1. Airtime\n0. Leave", "action": "continue"}
	if step.Input != "" {
		reply = map[string]string{"message": "Goodbye.", "action": "end"}
	}
	_ = json.NewEncoder(w).Encode(reply) // the caller may have hung up
}

func ExampleUSSDService_Simulate() {
	fake, err := helliotest.Start(
		helliotest.WithUSSDHandler("https://example.com/ussd", http.HandlerFunc(airtimeMenu)),
	) // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	app, err := client.USSD.Apps.Create(
		ctx,
		&hellio.USSDAppParams{Name: "Airtime", CallbackURL: "https://example.com/ussd"},
	)
	if err != nil {
		log.Fatal(err)
	}
	first, err := client.USSD.Simulate(
		ctx,
		&hellio.USSDSimulateParams{AppID: app.ID, MSISDN: "+233209990001"},
	)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q %t\n", first.Message, first.Continue)
	last, err := client.USSD.Simulate(
		ctx,
		&hellio.USSDSimulateParams{
			AppID:     app.ID,
			SessionID: first.SessionID,
			MSISDN:    "+233209990001",
			Input:     "0",
		},
	)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q %t\n", last.Message, last.Continue)
	// Output:
	// "1. Airtime\n0. Leave" true
	// "Goodbye." false
}

func ExampleUSSDService_Pricing() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	pricing, err := client.USSD.Pricing(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range pricing.SessionPrices {
		fmt.Println("session on", p.Network, p.SessionPrice, pricing.Currency)
	}
	for _, p := range pricing.ExtensionPrices {
		fmt.Println(p.Length, "digits per month", p.MonthlyPrice, pricing.Currency)
	}
	// Output:
	// session on MTN 0.0300 GHS
	// session on Telecel 0.0300 GHS
	// session on AT 0.0300 GHS
	// 3 digits per month 50.00 GHS
	// 4 digits per month 30.00 GHS
	// 5 digits per month 20.00 GHS
}

func ExampleUSSDService_Availability() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	for _, code := range []string{"123", "12"} {
		found, err := client.USSD.Availability(ctx, code)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(found.Code, found.Valid, found.Available, found.MonthlyPrice)
	}
	// Output:
	// 123 true true 50.00
	// 12 false false
}

func ExampleUSSDSessionsService_List() {
	fake, err := helliotest.Start(
		helliotest.WithUSSDHandler("https://example.com/ussd", http.HandlerFunc(airtimeMenu)),
	) // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	app, err := client.USSD.Apps.Create(
		ctx,
		&hellio.USSDAppParams{Name: "Airtime", CallbackURL: "https://example.com/ussd"},
	)
	if err != nil {
		log.Fatal(err)
	}
	first, err := client.USSD.Simulate(
		ctx,
		&hellio.USSDSimulateParams{AppID: app.ID, MSISDN: "+233209990001"},
	)
	if err != nil {
		log.Fatal(err)
	}
	page, err := client.USSD.Sessions.List(
		ctx,
		&hellio.USSDSessionListParams{Status: hellio.USSDSessionActive},
	)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range page.Data {
		fmt.Println(s.SessionRef == first.SessionID, s.MSISDN, s.ServiceCode, s.Steps, s.Sandbox)
	}
	// Output: true +233209990001 *920# 1 true
}

func ExampleUSSDSessionsService_All() {
	fake, err := helliotest.Start(
		helliotest.WithUSSDHandler("https://example.com/ussd", http.HandlerFunc(airtimeMenu)),
	) // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	app, err := client.USSD.Apps.Create(
		ctx,
		&hellio.USSDAppParams{Name: "Airtime", CallbackURL: "https://example.com/ussd"},
	)
	if err != nil {
		log.Fatal(err)
	}
	for _, number := range []string{"+233209990001", "+233209990002"} {
		if _, err := client.USSD.Simulate(
			ctx,
			&hellio.USSDSimulateParams{AppID: app.ID, MSISDN: number},
		); err != nil {
			log.Fatal(err)
		}
	}
	for s, err := range client.USSD.Sessions.All(ctx, &hellio.USSDSessionListParams{PerPage: 1}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(s.MSISDN, s.Status)
	}
	// Output:
	// +233209990002 active
	// +233209990001 active
}

func ExampleUSSDSessionsService_Get() {
	fake, err := helliotest.Start(
		helliotest.WithUSSDHandler("https://example.com/ussd", http.HandlerFunc(airtimeMenu)),
	) // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	app, err := client.USSD.Apps.Create(
		ctx,
		&hellio.USSDAppParams{Name: "Airtime", CallbackURL: "https://example.com/ussd"},
	)
	if err != nil {
		log.Fatal(err)
	}
	first, err := client.USSD.Simulate(
		ctx,
		&hellio.USSDSimulateParams{AppID: app.ID, MSISDN: "+233209990001"},
	)
	if err != nil {
		log.Fatal(err)
	}
	session, err := client.USSD.Sessions.Get(ctx, first.SessionID) // or its ID
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(session.Status, session.Steps, session.EndedAt.IsZero())
	// Output: active 1 true
}
