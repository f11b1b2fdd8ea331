package hellio_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func TestTheHandlerAcceptsTheStepsOfTheFake(t *testing.T) {
	t.Parallel()
	const url = "https://menu.example/ussd"
	var handler http.Handler
	callback := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
	})
	client := helliotest.New(t, helliotest.WithUSSDHandler(url, callback)).Client()
	app, err := client.USSD.Apps.Create(t.Context(), &hellio.USSDAppParams{
		Name:        "Echo",
		CallbackURL: url,
	})
	require.NoError(t, err)
	answer := func(_ context.Context, r *hellio.USSDRequest) (*hellio.USSDReply, error) {
		if r.Input == "0" {
			return hellio.EndUSSD(fmt.Sprint("after ", r.Sequence)), nil
		}
		return hellio.ContinueUSSD(fmt.Sprintf("%d %q %s", r.Sequence, r.Input, r.Mode)), nil
	}
	handler, err = hellio.NewUSSDHandler([]string{app.TestSecret, app.LiveSecret}, answer)
	require.NoError(t, err)
	session := hellio.ID("")
	var shown []string
	for _, input := range []string{"", "1", "0"} {
		step, err := client.USSD.Simulate(t.Context(), &hellio.USSDSimulateParams{
			AppID:     app.ID,
			SessionID: session,
			MSISDN:    "+233209990001",
			Input:     input,
		})
		require.NoError(t, err)
		session = step.SessionID
		shown = append(shown, step.Message)
	}
	require.Equal(t, []string{`1 "" test`, `2 "1" test`, "after 3"}, shown)
}
