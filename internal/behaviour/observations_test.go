package behaviour_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/behaviour"
)

// file returns an observation file with these observations.
func file(observations string) []byte {
	return []byte(`{"format":"hellio observations","version":1,"source":"test","api":"test",
"from":"2026-11-27T20:00:00+00:00","to":"2026-11-27T20:09:00+00:00",
"observations":[` + observations + `]}`)
}

func TestObservationsAreRead(t *testing.T) {
	t.Parallel()
	read, unknown, err := behaviour.ReadObservations(file(
		`{"id":"otp.tries","result":"refuted","value":3,"count":1},{"id":"no.such","result":"mixed"}`))
	require.NoError(t, err)
	require.Equal(t, []string{"no.such"}, unknown)
	require.Len(t, read.Observations, 1)
	require.Equal(t, "3", string(read.Observations[0].Value))
}

func TestBadObservationsNameTheirPlace(t *testing.T) {
	t.Parallel()
	newer := strings.Replace(string(file("")), `"version":1`, `"version":2,"more":1`, 1)
	for text, want := range map[string]string{
		"":                                  "unexpected end",
		`{"format":"other"}`:                `format: want "hellio observations"`,
		newer:                               "version: got 2, and this program reads up to 1",
		string(file(`{"id":1}`)):            "line 3: ",
		string(file(`{`)):                   "line 3: ",
		string(file(`{"id":"x","more":1}`)): `unknown field "more"`,
		string(file(`{"id":"otp.tries","result":"maybe"}`)):               "observations[0] (otp.tries): result",
		string(file(`{"id":"otp.tries","result":"refuted","value":0}`)):   "observations[0] (otp.tries): value",
		string(file(`{"id":"otp.tries","result":"confirmed","value":5}`)): "only a refuted claim",
		string(file(`{"id":"+233209990001","result":"mixed"}`)):           "observations[0] (no id): id",
		string(file(`{"id":"otp.tries","result":"refuted","value":3},` +
			`{"id":"otp.tries","result":"refuted","value":4}`)): "observations[1] (otp.tries): it is listed twice",
		string(file(`{"id":"sms_send.fields","result":"refuted","seen":"+233209990001"}`)): "seen: it holds",
		string(file(`{"id":"sms_send.fields","result":"refuted","seen":"a@example.com"}`)): "seen: it holds",
	} {
		_, _, err := behaviour.ReadObservations([]byte(text))
		require.ErrorContains(t, err, want, text)
		require.NotContains(t, err.Error(), "233209990001")
	}
}

func TestContributedFilesAreWellFormed(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob(filepath.Join("..", "..", "observations", "*.json"))
	require.NoError(t, err)
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		_, unknown, err := behaviour.ReadObservations(data)
		require.NoError(t, err, name)
		require.Empty(t, unknown, name)
		require.Regexp(t, `^[a-z0-9-]+-\d{4}-\d\d-\d\d\.json$`, filepath.Base(name))
	}
}

func FuzzReadObservations(f *testing.F) {
	f.Add(file(`{"id":"otp.tries","result":"refuted","value":3,"count":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		read, _, err := behaviour.ReadObservations(data)
		require.Equal(t, err == nil, read != nil)
	})
}
