package hellio_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func ExampleUSSDAppsService_Create() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
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
	// Store both: no later call returns them.
	fmt.Println(
		app.Mode,
		strings.HasPrefix(app.TestSecret, "ussk_test_"),
		strings.HasPrefix(app.LiveSecret, "ussk_live_"),
	)
	// Output: test true true
}

func ExampleUSSDAppsService_List() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
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
	page, err := client.USSD.Apps.List(ctx, &hellio.USSDListParams{PerPage: 20})
	if err != nil {
		log.Fatal(err)
	}
	for _, listed := range page.Data {
		fmt.Println(listed.ID == app.ID, listed.Name, listed.Mode, listed.TestSecret == "")
	}
	// Output: true Airtime test true
}

func ExampleUSSDAppsService_All() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	for _, name := range []string{"Airtime", "Tables"} {
		if _, err := client.USSD.Apps.Create(
			ctx,
			&hellio.USSDAppParams{Name: name, CallbackURL: "https://example.com/ussd"},
		); err != nil {
			log.Fatal(err)
		}
	}
	for app, err := range client.USSD.Apps.All(ctx, &hellio.USSDListParams{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(app.Name)
	}
	// Output:
	// Tables
	// Airtime
}

func ExampleUSSDAppsService_Update() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
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
	off := false
	app, err = client.USSD.Apps.Update(
		ctx,
		app.ID,
		&hellio.USSDAppParams{
			Name:        "Airtime",
			CallbackURL: "https://example.com/v2/ussd",
			Active:      &off,
		},
	)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(app.CallbackURL, app.Active)
	// Output: https://example.com/v2/ussd false
}

func ExampleUSSDAppsService_SetMode() {
	fake, err := helliotest.Start(
		helliotest.WithUSSDBalance("60"),
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
	_, err = client.USSD.Apps.SetMode(ctx, app.ID, hellio.USSDLive)
	var refused *hellio.APIError
	if errors.As(err, &refused) {
		fmt.Println(refused.Code)
	}
	_, err = client.USSD.Extensions.Create(
		ctx,
		&hellio.USSDExtensionParams{Code: "123", AppID: app.ID},
	)
	if err != nil {
		log.Fatal(err)
	}
	app, err = client.USSD.Apps.SetMode(ctx, app.ID, hellio.USSDLive)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(app.Mode, app.IsLive)
	// Output:
	// extension_required
	// live true
}

func ExampleUSSDAppsService_RotateSecret() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
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
	rotated, err := client.USSD.Apps.RotateSecret(ctx, app.ID, hellio.USSDTest)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rotated.TestSecret != app.TestSecret, rotated.LiveSecret == "")
	// Output: true true
}

func ExampleUSSDAppsService_Delete() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
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
	if err := client.USSD.Apps.Delete(ctx, app.ID); err != nil {
		log.Fatal(err)
	}
	page, err := client.USSD.Apps.List(ctx, &hellio.USSDListParams{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(page.Data))
	// Output: 0
}
