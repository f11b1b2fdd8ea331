package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliotest"
)

// FuzzControlJSON holds every body of the control API to its rules: no panic, a
// refusal for what is not JSON, and what is taken can be shown again.
func FuzzControlJSON(f *testing.F) {
	for _, c := range slices.Concat(badCalls, badFaults) {
		if len(c.body) < 1000 {
			f.Add([]byte(c.body))
		}
	}
	f.Add([]byte(`{"balance":"1","senders":["A"],"rate_limit":1,"scopes":["*"],` +
		`"allowed_ips":["::1"],"seed":1}`))
	f.Add([]byte(`{"name":"a test","otp_limit":0,"login":{"email":"a@b.c","password":"p"}}`))
	f.Add([]byte(`{"spend_limit":{"period":"daily","amount":"1"},"Spend_Limit":null}`))
	f.Add([]byte(`[{"op":"any","nth":1,"effect":"delay","duration":"1s"},{"op":"sms_send",` +
		`"always":true,"effect":"truncate_body","bytes":3}]`))
	f.Add([]byte(`{"duration":"5m"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		fake, err := helliotest.Start()
		require.NoError(t, err)
		defer fake.Close()
		var spec worldSpec
		if decodes(t, body, &spec) {
			ws, err := newWorlds("first", nil)
			require.NoError(t, err)
			defer ws.close()
			if made, err := ws.create(&spec); err == nil {
				marshals(t, made.fake.Account())
			}
		}
		var change helliotest.AccountChange
		if decodes(t, body, &change) && fake.Update(change) == nil {
			marshals(t, fake.Account())
		}
		var faults []helliotest.FaultSpec
		if decodes(t, body, &faults) && fake.SetFaults(faults...) == nil {
			require.Len(t, fake.Faults(), len(faults))
			marshals(t, fake.Faults())
		}
		var tokens struct{ Scopes []string }
		if decodes(t, body, &tokens) && checkScopes(tokens.Scopes) == nil {
			require.NotEmpty(t, fake.IssueToken(tokens.Scopes...))
		}
	})
}

// decodes decodes a body, and holds a refusal to its status.
func decodes(t *testing.T, body []byte, v any) bool {
	t.Helper()
	err := decode(body, v)
	var refused *refusal
	if errors.As(err, &refused) {
		require.Equal(t, http.StatusBadRequest, refused.status)
	}
	require.Equal(t, !json.Valid(body), refused != nil)
	return err == nil
}

func marshals(t *testing.T, v any) {
	t.Helper()
	_, err := json.Marshal(v)
	require.NoError(t, err)
}
