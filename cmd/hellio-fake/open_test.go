package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestOpenRestoresTheFirstWorld(t *testing.T) {
	t.Parallel()
	fake, err := helliotest.Start()
	require.NoError(t, err)
	_, err = fake.Client().SMS.Send(t.Context(),
		&hellio.SMSSendParams{
			Recipients: []string{"+233209990001"},
			Sender:     "HELLIO",
			Message:    "saved",
		})
	require.NoError(t, err)
	path := saved(t, fake)

	cfg, err := parseFlags([]string{"-open", path, "-token", "mine"}, io.Discard)
	require.NoError(t, err)
	ws, err := newWorlds(cfg.token, cfg.world, cfg.opened...)
	require.NoError(t, err)
	t.Cleanup(ws.close)
	opened := ws.controlled("mine")
	require.Equal(t, "saved", opened.fake.Messages()[0].Message)
	require.Nil(t, viewExchange(opened.engine, opened.fake.Messages()[0].ID),
		"its call was of another run")
	rec := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodGet, "/v1/messages", http.NoBody)
	req.Header.Set("Authorization", "Bearer mine")
	opened.api.ServeHTTP(rec, req)
	require.Contains(t, rec.Body.String(), "saved")

	other, err := ws.create(&worldSpec{})
	require.NoError(t, err)
	require.Empty(t, other.fake.Messages(), "every other world is new")
	ws.reset(opened)
	require.Len(t, opened.fake.Messages(), 1, "a reset goes back to the file")
}

func TestUsersOfTheOpenedFileMayLogIn(t *testing.T) {
	t.Parallel()
	fake, err := helliotest.Start(helliotest.WithLogin(helliotest.LoginUser{
		Email:    "Ama@example.com",
		Password: "secret",
	}))
	require.NoError(t, err)
	path := saved(t, fake)

	p := start(t, "-open", path)
	for range 2 {
		token, err := login(t, p, "ama@example.com", "secret")
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, p.as(token.Token).get("/v1/balance").status)
		// goes back to the file
		require.Equal(t, http.StatusNoContent, p.call(http.MethodPost, "/_fake/reset", "").status)
	}
	_, err = login(t, p, "kofi@example.com", "secret")
	var refused *hellio.AuthenticationError
	require.ErrorAs(t, err, &refused)
}

func TestOpenRefusesAFileThatIsNoSnapshot(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "package.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"name":"x"}`), 0o600))
	_, err := parseFlags([]string{"-open", path}, io.Discard)
	require.ErrorContains(t, err, "-open: FromSnapshot: this is not what Snapshot has given")
	_, err = parseFlags([]string{"-open", path + ".missing"}, io.Discard)
	require.ErrorContains(t, err, "no such file")
}

// saved ends a fake and leaves its world in a file.
func saved(t *testing.T, fake *helliotest.Fake) (path string) {
	t.Helper()
	data, err := fake.Snapshot()
	require.NoError(t, err)
	require.NoError(t, fake.Close())
	path = filepath.Join(t.TempDir(), "dump.json")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}
