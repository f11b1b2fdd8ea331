package hellioshadow

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheMostSpecialRouteMatches(t *testing.T) {
	t.Parallel()
	s := New()
	tests := []struct{ method, path, name, base string }{
		{"GET", "/v1/pricing", "GET /pricing", "/v1"},
		{"GET", "/v1/ussd/pricing", "GET /ussd/pricing", "/v1"},
		{"GET", "/v1/messages/90211", "GET /messages/{id}", "/v1"},
		{"GET", "/v1/messages", "GET /messages", "/v1"},
		{"POST", "/v1/voice/send", "POST /voice/send", "/v1"},
		{"GET", "/v1/voice/send", "GET /voice/{id}", "/v1"},
		{"DELETE", "/v1/ussd/apps/1", "DELETE /ussd/apps/{id}", "/v1"},
		{"POST", "/v1/ussd/apps/1/mode", "POST /ussd/apps/{id}/mode", "/v1"},
		{"GET", "/balance", "GET /balance", ""},
		{"GET", "/a/b/v1/balance", "GET /balance", "/a/b/v1"},
		{"GET", "/v1/messages/a%2Fb", "GET /messages/{id}", "/v1"},
		{"GET", "/v1/messages/", "", ""},
		{"PATCH", "/v1/messages", "", ""},
		{"GET", "", "", ""},
	}
	for _, tt := range tests {
		name, base, ok := s.match(tt.method, tt.path)
		require.Equal(t, tt.name, name, tt.path)
		require.Equal(t, tt.base, base, tt.path)
		require.Equal(t, tt.name != "", ok, tt.path)
	}
}
