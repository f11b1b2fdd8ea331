package helliotest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAmountsAreReadAndWrittenExactly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0":              "0.0000",
		"100":            "100.0000",
		"0.031":          "0.0310",
		"0.0001":         "0.0001",
		"007.5":          "7.5000",
		"922337203.6854": "922337203.6854",
	} {
		got, err := parseMoney(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got.String())
	}
	for _, text := range []string{
		"", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", " 1", "1.00000", "0x1", "٣",
	} {
		_, err := parseMoney(text)
		require.Error(t, err, text)
	}
	require.Equal(t, "-0.0310", money(-310).String())
}

func FuzzMoney(f *testing.F) {
	f.Add("100.0000")
	f.Add("0.031")
	f.Add("-1")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseMoney(text)
		if err != nil {
			return
		}
		again, err := parseMoney(m.String())
		require.NoError(t, err)
		require.Equal(t, m, again)
	})
}
