package hellio_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func ExampleUSSDExtensionsService_Create() {
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
	extension, err := client.USSD.Extensions.Create(
		ctx,
		&hellio.USSDExtensionParams{Code: "123", AppID: app.ID},
	)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(extension.DialString, extension.Status, extension.MonthlyPrice)

	_, err = client.USSD.Extensions.Create(ctx, &hellio.USSDExtensionParams{Code: "124"})
	var poor *hellio.InsufficientBalanceError
	if errors.As(err, &poor) && poor.Code == hellio.CodeInsufficientUSSDBalance {
		fmt.Println("the USSD balance is too low:", fake.Account().USSDBalance)
	}
	// Output:
	// *920*123# active 50.00
	// the USSD balance is too low: 10.0000
}

func ExampleUSSDExtensionsService_List() {
	fake, err := helliotest.Start(
		helliotest.WithUSSDBalance("60"),
	) // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	extension, err := client.USSD.Extensions.Create(
		ctx,
		&hellio.USSDExtensionParams{Code: "1234"},
	) // no app answers it yet
	if err != nil {
		log.Fatal(err)
	}
	page, err := client.USSD.Extensions.List(ctx, &hellio.USSDListParams{})
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range page.Data {
		fmt.Println(e.ID == extension.ID, e.Code, e.Status, e.AppID == "")
	}
	// Output: true 1234 active true
}

func ExampleUSSDExtensionsService_All() {
	fake, err := helliotest.Start(
		helliotest.WithUSSDBalance("60"),
	) // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	for _, code := range []string{"1234", "1235"} {
		if _, err := client.USSD.Extensions.Create(
			ctx,
			&hellio.USSDExtensionParams{Code: code},
		); err != nil {
			log.Fatal(err)
		}
	}
	for e, err := range client.USSD.Extensions.All(ctx, &hellio.USSDListParams{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(e.DialString)
	}
	// Output:
	// *920*1235#
	// *920*1234#
}

func ExampleUSSDExtensionsService_Delete() {
	fake, err := helliotest.Start(
		helliotest.WithUSSDBalance("60"),
	) // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	extension, err := client.USSD.Extensions.Create(
		ctx,
		&hellio.USSDExtensionParams{Code: "1234"},
	) // no app answers it yet
	if err != nil {
		log.Fatal(err)
	}
	if err := client.USSD.Extensions.Delete(ctx, extension.ID); err != nil {
		log.Fatal(err)
	}
	free, err := client.USSD.Availability(ctx, "1234")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(free.Available)
	// Output: true
}
