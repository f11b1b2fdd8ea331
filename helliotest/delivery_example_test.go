package helliotest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// The application's handler is down when the first report comes. The fake tries
// again, as the API does.
func ExampleWithWebhookHandler() {
	tries := 0
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tries++; tries < 3 {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		body, _ := io.ReadAll(r.Body)
		fmt.Printf("try %d: %.28s…\n", tries, body)
	})
	fake, err := helliotest.Start(helliotest.WithWebhookHandler("https://shop.example/hooks/hellio",
		app, "whsec_example", "message.delivered"))
	if err != nil {
		panic(err)
	}
	defer fake.Close()
	_, err = fake.Client().SMS.Send(context.Background(),
		&hellio.SMSSendParams{
			Recipients: []string{"+233209990001"},
			Sender:     "HELLIO",
			Message:    "Hi",
		})
	if err != nil {
		panic(err)
	}
	fake.Advance(2 * time.Minute)

	delivery := fake.Deliveries()[0]
	for _, a := range delivery.Attempts {
		fmt.Println(a.At.Sub(delivery.Attempts[0].At), a.StatusCode)
	}
	fmt.Println(delivery.Status)
	// Output:
	// try 3: {"event":"message.delivered"…
	// 0s 503
	// 10s 503
	// 1m0s 200
	// delivered
}
