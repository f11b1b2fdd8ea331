package hellioshadow_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/hellioshadow"
	"github.com/hellio-go/hellio/helliotest"
)

func Example() {
	shadow := hellioshadow.New(
		hellioshadow.WithFinding(func(f hellioshadow.Finding) {
			fmt.Println(f.At, "is", f.What, "and was", f.Basis)
		}),
	)
	// The API of this example is a fake whose balance lacks a member. In
	// production the client has the option WithMiddleware(shadow.Wrap) alone.
	fake, err := helliotest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fake.Close()
	other := bend(func(_ *http.Response, body map[string]any) {
		delete(body["data"].(map[string]any), "reserved")
	})
	client := fake.Client(hellio.WithMiddleware(shadow.Wrap, other))
	for range 2 {
		if _, err := client.Balance.Get(context.Background()); err != nil {
			fmt.Println(err)
		}
	}
	report := shadow.Report()
	fmt.Println(report.Compared, "of", report.Answers, "answers compared")
	// Output:
	// GET /balance 200 data.reserved is absent and was decided
	// 2 of 2 answers compared
}
