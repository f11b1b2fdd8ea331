package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// The platform delivers its hook until the reply is a success. A crash begins
// a new process of the server, which remembers nothing.
func TestHooksUnderEveryFault(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"supabase.json", "kratos.json", "zitadel.json", "keycloak.form"} {
		g := goldenOf(file)
		t.Run(g.file, func(t *testing.T) {
			t.Parallel()
			helliotest.Explore(t, func(attempt *helliotest.Run) error {
				client := attempt.Client(hellio.WithDefaultSender("ACME"))
				handler := handlerOf(attempt, client, slog.New(slog.DiscardHandler))
				for range 200 {
					reply := httptest.NewRecorder()
					handler.ServeHTTP(reply, g.request(attempt).WithContext(attempt.Context()))
					if reply.Code == http.StatusOK && reply.Body.String() == "{}\n" {
						return nil
					}
					if reply.Code != http.StatusServiceUnavailable {
						return fmt.Errorf("status %d: %s", reply.Code, reply.Body)
					}
					time.Sleep(5 * time.Second)
				}
				return errors.New("no success")
			},
				helliotest.ExploreCheck("the platform has its success", (*helliotest.Run).Err),
				helliotest.ExplorePairs(250), // all with HELLIOTEST_EXPLORE=all
			)
		})
	}
}
