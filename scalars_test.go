package hellio

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAmountKeepsTheTextOfTheAPI(t *testing.T) {
	t.Parallel()
	for input, text := range map[string]string{
		`"0.0310"`: "0.0310",
		`"120"`:    "120",
		`"-3.50"`:  "-3.50",
		`50`:       "50",
		`0.0620`:   "0.0620",
		`-1.5`:     "-1.5",
		`null`:     "",
		`""`:       "",
		`"` + strings.Repeat("9", maxAmountLength) + `"`: strings.Repeat("9", maxAmountLength),
	} {
		t.Run(input, func(t *testing.T) {
			t.Parallel()
			var a Amount
			require.NoError(t, json.Unmarshal([]byte(input), &a))
			require.Equal(t, text, a.String())
			require.Equal(t, text == "", a.IsZero())
		})
	}
}

func TestAmountRefusesWhatIsNotAPlainDecimal(t *testing.T) {
	t.Parallel()
	for _, input := range []string{
		`"1e9"`,
		`"1/3"`,
		`"0x1p4"`,
		`".5"`,
		`"5."`,
		`"+5"`,
		`" 5"`,
		`"1,234.50"`,
		`"--1"`,
		`"-"`,
		`"."`,
		`"Inf"`,
		`"1_000"`,
		`"1.2.3"`,
		`"٣"`,
		`"` + strings.Repeat("9", maxAmountLength+1) + `"`, `true`, `{}`, `[]`, `1e999999999`,
		strings.Repeat("9", maxAmountLength+1), strings.Repeat("9", maxAmountLength+1) + `e1`,
	} {
		t.Run(input, func(t *testing.T) {
			t.Parallel()
			a := Amount{text: "7"}
			require.Error(t, json.Unmarshal([]byte(input), &a))
			require.Equal(t, "7", a.String(), "a refused amount does not change the value")
		})
	}
}

func TestAmountIsExact(t *testing.T) {
	t.Parallel()
	a, err := ParseAmount("0.1")
	require.NoError(t, err)
	b, err := ParseAmount("0.2")
	require.NoError(t, err)
	require.Zero(t, new(big.Rat).Add(a.Rat(), b.Rat()).Cmp(big.NewRat(3, 10)))
	require.Zero(t, Amount{}.Rat().Sign(), "the zero value is 0")

	a.Rat().SetInt64(99)
	require.Equal(t, "1/10", a.Rat().String(), "each Rat is a new one")
}

func TestParseAmountDoesNotQuoteTheValue(t *testing.T) {
	t.Parallel()
	_, err := ParseAmount("twelve")
	requireParamError(t, err, "amount", "6 bytes", "64")
	require.NotContains(t, err.Error(), "twelve")
}

func TestAnAmountHasAtMost64Bytes(t *testing.T) {
	t.Parallel()
	_, err := ParseAmount(strings.Repeat("9", 64))
	require.NoError(t, err)
	_, err = ParseAmount(strings.Repeat("9", 65))
	requireParamError(t, err, "amount", "64")
}

func TestZeroAmountCountsAsPresent(t *testing.T) {
	t.Parallel()
	var a Amount
	require.NoError(t, json.Unmarshal([]byte(`"0.0000"`), &a))
	require.False(t, a.IsZero())
}

func TestIDIsReadFromStringAndInteger(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]ID{
		`7731`:                           "7731",
		`"7731"`:                         "7731",
		`"0b8f6c9e-7f0e"`:                "0b8f6c9e-7f0e",
		`9007199254740993`:               "9007199254740993",
		`123456789012345678901234567890`: "123456789012345678901234567890", `null`: "", `""`: "",
	} {
		t.Run(input, func(t *testing.T) {
			t.Parallel()
			var id ID
			require.NoError(t, json.Unmarshal([]byte(input), &id))
			require.Equal(t, want, id)
			require.Equal(t, string(want), id.String())
		})
	}
	for _, input := range []string{`1.5`, `1e3`, `true`, `{}`, `[1]`} {
		t.Run(input, func(t *testing.T) {
			t.Parallel()
			var id ID
			require.Error(t, json.Unmarshal([]byte(input), &id))
		})
	}
}

func TestTimestampIsReadInEachForm(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for input, want := range map[string]time.Time{
		`"2026-03-04T05:06:07+00:00"`:   at,
		`"2026-03-04T05:06:07Z"`:        at,
		`"2026-03-04T07:06:07+02:00"`:   at,
		`"2026-03-04T05:06:07.000000Z"`: at,
		`"2026-03-04T05:06:07.5Z"`:      at.Add(500 * time.Millisecond),
	} {
		t.Run(input, func(t *testing.T) {
			t.Parallel()
			var ts Timestamp
			require.NoError(t, json.Unmarshal([]byte(input), &ts))
			require.True(t, want.Equal(ts.Time), "got %s", ts.Time)
			require.Equal(t, strings.Trim(input, `"`), ts.Text())
		})
	}
}

func TestAnOddTimestampKeepsItsText(t *testing.T) {
	t.Parallel()
	for input, text := range map[string]string{
		`"yesterday"`:  "yesterday",
		`"2026-13-99"`: "2026-13-99",
		`1772600767`:   "1772600767",
	} {
		t.Run(input, func(t *testing.T) {
			t.Parallel()
			result := struct {
				At   Timestamp `json:"at"`
				Cost Amount    `json:"cost"`
			}{}
			require.NoError(t, json.Unmarshal([]byte(`{"at":`+input+`,"cost":"1.0"}`), &result))
			require.True(t, result.At.IsZero())
			require.Equal(t, text, result.At.Text())
			require.Equal(t, "1.0", result.Cost.String())
		})
	}
	var ts Timestamp
	require.Error(t, json.Unmarshal([]byte(`{}`), &ts))
}

func TestScalarsAreWrittenAsTheAPIWroteThem(t *testing.T) {
	t.Parallel()
	type scalars struct {
		A, B  Amount
		I     ID
		T, U  Timestamp
		Given Timestamp
	}
	var v scalars
	require.NoError(
		t,
		json.Unmarshal(
			[]byte(`{"A":0.0620,"B":null,"I":42,"T":"2026-03-04T05:06:07.000000Z","U":null}`),
			&v,
		),
	)
	v.Given.Time = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	data, err := json.Marshal(v)
	require.NoError(t, err)
	require.JSONEq(
		t,
		`{"A":"0.0620","B":null,"I":"42","T":"2026-03-04T05:06:07.000000Z","U":null,`+
			`"Given":"2026-01-01T00:00:00Z"}`,
		string(data),
	)
}

func FuzzAmount(f *testing.F) {
	for _, seed := range []string{
		`"0.0310"`,
		`50`,
		`1.0e-5`,
		`6E+02`,
		`null`,
		`""`,
		`"1e9"`,
		`-0`,
		`"` + strings.Repeat("9", 70) + `"`,
		`{"a":1}`,
		` "1" `,
		`"1`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		var a, reread Amount
		if json.Unmarshal([]byte(input), &a) != nil {
			return
		}
		require.LessOrEqual(t, len(a.String()), maxAmountLength)
		if !a.IsZero() {
			want, ok := new(big.Rat).SetString(a.String())
			require.True(t, ok, "accepted %q", a.String())
			require.Zero(t, want.Cmp(a.Rat()))
		}
		data, err := json.Marshal(a)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &reread))
		require.Equal(t, a, reread)
	})
}

func FuzzID(f *testing.F) {
	for _, seed := range []string{
		`7731`,
		`"7731"`,
		`null`,
		`1.5`,
		`-1`,
		`""`,
		`"a/b"`,
		` "x"`,
		`99999999999999999999`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		var id, reread ID
		if json.Unmarshal([]byte(input), &id) != nil {
			return
		}
		data, err := json.Marshal(id)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &reread))
		require.Equal(t, id, reread)
	})
}

func FuzzTimestamp(f *testing.F) {
	for _, seed := range []string{
		`"2026-03-04T05:06:07+00:00"`,
		`"2026-03-04T05:06:07Z"`,
		`null`,
		`""`,
		`"soon"`,
		`17`,
		`"9999-12-31T23:59:59+23:59"`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		var ts, reread Timestamp
		if json.Unmarshal([]byte(input), &ts) != nil {
			return
		}
		data, err := json.Marshal(ts)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &reread))
		require.Equal(t, ts.Text(), reread.Text())
		require.True(t, ts.Time.Equal(reread.Time))
	})
}

func TestAmountTakesAnExponentOfTwoDigits(t *testing.T) {
	t.Parallel()
	for text, value := range map[string]string{
		"31e-3":  "31/1000",
		"3.1E-2": "31/1000",
		"2e+3":   "2000/1",
		"-1e2":   "-100/1",
		"1e99":   "",
		"0e00":   "0/1",
	} {
		var a Amount
		require.NoError(t, json.Unmarshal([]byte(text), &a), text)
		if value != "" {
			require.Equal(t, value, a.Rat().String(), text)
		}
		data, err := json.Marshal(a)
		require.NoError(t, err)
		require.Equal(t, text, string(data), "it is sent unchanged, as a number")
	}
	for _, text := range []string{
		`1e100`,
		`1e-100`,
		`1e+100`,
		`"1e2"`,
		`"1e-2"`,
		`"e2"`,
		`"1e"`,
		`"1e+"`,
	} {
		require.Error(t, json.Unmarshal([]byte(text), new(Amount)), text)
		require.Error(t, new(Amount).UnmarshalJSON([]byte(text)), text)
	}
	for _, text := range []string{
		`1e`,
		`1e+`,
		`1ee2`,
		`1e+-2`,
		`e2`,
	} { // not JSON: encoding/json refuses it
		require.Error(t, new(Amount).UnmarshalJSON([]byte(text)), text)
	}
}

func TestEscapedTextIsReadAsWhatItMeans(t *testing.T) {
	t.Parallel()
	var read struct {
		ID     ID
		Amount Amount
		At     Timestamp
	}
	require.NoError(
		t,
		json.Unmarshal(
			[]byte(`{"ID":"a\/\u0062","Amount":"\u0031.50","At":"2026\u002d03-04T05:06:07Z"}`),
			&read,
		),
	)
	require.Equal(t, ID("a/b"), read.ID)
	require.Equal(t, "1.50", read.Amount.String())
	require.Equal(t, 2026, read.At.Year())
	require.NoError(t, json.Unmarshal([]byte("\"a\xff\""), &read.ID))
	require.Equal(t, ID("a\ufffd"), read.ID, "as encoding/json reads it")
}
