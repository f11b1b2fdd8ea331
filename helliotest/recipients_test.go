package helliotest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNumbersLoseTheirPunctuation(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"233209990001":     "233209990001",
		"+233 20-999-0001": "233209990001",
		"12345678":         "12345678",
		"123456789012345":  "123456789012345",
		"1234567":          "",
		"1234567890123456": "",
		"+":                "",
		"":                 "",
		"23320999000a":     "",
		"٢٣٣٢٠٩٩٩٠":        "",
		"(233)209990001":   "",
		"0244123456":       "",
		"00233244123456":   "",
		"+0244123456":      "",
		"+ 0-244123456":    "",
		"2330244123":       "2330244123",
	} {
		got, ok := parseNumber(text)
		require.Equal(t, want != "", ok, text)
		if ok {
			require.Equal(t, want, got)
		}
	}
}

func TestDestinationsAreFoundWhereverTheyStand(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"recipients":["1","+233 209990001"]}`, `{"recipients":"1,233209990001"}`,
		`{"numbers":"1\r\n233209990001"}`,
		`{"mobile_number":"233209990001"}`, `{"msisdn":"233209990001"}`,
	} {
		require.True(t, (&apiCall{body: []byte(body)}).names("+233209990001"), body)
	}
	require.True(t,
		(&apiCall{body: []byte(`{"email":"Ama@example.test"}`)}).names("ama@EXAMPLE.test"))
	require.True(t,
		(&apiCall{body: []byte(`{"emails":["ama@example.test"]}`)}).names("ama@example.test"))
	for _, body := range []string{
		``, `{`, `{"recipients":[233209990001]}`, `{"message":"233209990001"}`,
	} {
		require.False(t, (&apiCall{body: []byte(body)}).names("233209990001"), body)
	}
}

func FuzzRecipients(f *testing.F) {
	f.Add("233209990001,+233 20-999-0002\r\nnope")
	f.Add(",,\n")
	f.Fuzz(func(t *testing.T, text string) {
		items := splitList(text)
		numbers, invalid := (&apiCall{e: new(engine)}).uniqueNumbers(items)
		require.LessOrEqual(t, len(numbers)+invalid, len(items))
		seen := map[string]bool{}
		for _, n := range numbers {
			require.True(t, allDigits(n))
			require.True(t, len(n) >= 8 && len(n) <= 15)
			require.NotEqual(t, byte('0'), n[0])
			require.False(t, seen[n])
			seen[n] = true
		}
	})
}
