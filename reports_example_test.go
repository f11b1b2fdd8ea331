package hellio_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func ExampleReportsService_ListMessages() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	_, err = client.SMS.Send(
		ctx,
		&hellio.SMSSendParams{
			Recipients: []string{"+233249990001"},
			Sender:     "HELLIO",
			Message:    "The gate opens at nine",
		},
	)
	if err != nil {
		log.Fatal(err)
	}
	fake.Advance(time.Minute) // the time that messages take
	page, err := client.Reports.ListMessages(
		ctx,
		&hellio.MessageListParams{Status: hellio.MessageDelivered},
	)
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range page.Data {
		fmt.Println(m.MobileNumber, m.Message)
	}
	fmt.Println("last page:", page.NextCursor == "")
	// Output:
	// +233249990001 The gate opens at nine
	// last page: true
}

func ExampleReportsService_GetMessage() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	otp, err := client.OTP.Send(
		ctx,
		&hellio.OTPSendParams{MobileNumber: "+233249990001", Sender: "HELLIO"},
	)
	if err != nil {
		log.Fatal(err)
	}
	fake.Advance(time.Minute) // the time that messages take
	m, err := client.Reports.GetMessage(ctx, hellio.ID(otp.Reference))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Channel, m.MobileNumber, m.Status, m.Cost, m.Currency)
	// Output: sms +233249990001 delivered 0.0310 GHS
}

func ExampleReportsService_ListCampaigns() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	_, err = client.SMS.Send(
		ctx,
		&hellio.SMSSendParams{
			Recipients: []string{"+233249990001"},
			Sender:     "HELLIO",
			Message:    "The gate opens at nine",
		},
	)
	if err != nil {
		log.Fatal(err)
	}
	page, err := client.Reports.ListCampaigns(ctx, &hellio.CampaignListParams{PerPage: 10})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range page.Data {
		fmt.Println(c.Message, c.Status, c.TotalRecipients)
	}
	// Output: The gate opens at nine queued 1
}

func ExampleReportsService_GetCampaign() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	sent, err := client.SMS.Send(
		ctx,
		&hellio.SMSSendParams{
			Recipients: []string{"+233249990001"},
			Sender:     "HELLIO",
			Message:    "The gate opens at nine",
		},
	)
	if err != nil {
		log.Fatal(err)
	}
	campaign, err := client.Reports.GetCampaign(ctx, sent.CampaignID) // or sent.Reference
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(campaign.Status, campaign.Statuses[hellio.MessageQueued], "queued")
	// Output: queued 1 queued
}
