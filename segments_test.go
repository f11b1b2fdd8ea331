package hellio_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func ExampleCountSegments() {
	for _, text := range []string{
		"Your parcel is here.",
		strings.Repeat("a", 161),
		"Akwaaba! Ɛte sɛn?",
	} {
		s := hellio.CountSegments(text)
		fmt.Println(s.Encoding, s.Characters, s.Segments)
		if s.Forced != 0 {
			fmt.Printf("%q makes it %s\n", s.Forced, s.Encoding)
		}
	}
	// Output:
	// GSM-7 20 1
	// GSM-7 161 2
	// UCS-2 17 1
	// 'Ɛ' makes it UCS-2
}

const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtension = "\f^{}\\[~]|€"
)

func TestSegmentsOfATextAreCounted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text     string
		encoding hellio.Encoding
		segments int
		forced   rune
	}{
		"nothing":                      {"", hellio.GSM7, 0, 0},
		"a space":                      {" ", hellio.GSM7, 1, 0},
		"the basic table":              {gsmBasic, hellio.GSM7, 1, 0},
		"the extension table":          {gsmExtension, hellio.GSM7, 1, 0},
		"160 basic":                    {strings.Repeat("é", 160), hellio.GSM7, 1, 0},
		"161 basic":                    {strings.Repeat("é", 161), hellio.GSM7, 2, 0},
		"2 x 153 basic":                {strings.Repeat("a", 306), hellio.GSM7, 2, 0},
		"2 x 153 basic and one":        {strings.Repeat("a", 307), hellio.GSM7, 3, 0},
		"3 x 153 basic":                {strings.Repeat("a", 459), hellio.GSM7, 3, 0},
		"3 x 153 basic and one":        {strings.Repeat("a", 460), hellio.GSM7, 4, 0},
		"1600 basic":                   {strings.Repeat("a", 1600), hellio.GSM7, 11, 0},
		"80 escaped":                   {strings.Repeat("€", 80), hellio.GSM7, 1, 0},
		"81 escaped":                   {strings.Repeat("€", 81), hellio.GSM7, 2, 0},
		"159 basic and an escaped one": {strings.Repeat("a", 159) + "]", hellio.GSM7, 2, 0},
		"158 basic and an escaped one": {strings.Repeat("a", 158) + "]", hellio.GSM7, 1, 0},
		// 152 + 153 + 1; 306 septets would fit in two
		"an escape at the cut is moved": {
			strings.Repeat("a", 152) + "{" + strings.Repeat("a", 152),
			hellio.GSM7,
			3,
			0,
		},
		"an escape before the cut is not": {
			strings.Repeat("a", 151) + "{" + strings.Repeat("a", 153),
			hellio.GSM7,
			2,
			0,
		},
		"76 escaped in each segment": {strings.Repeat("€", 153), hellio.GSM7, 3, 0}, // 306 septets
		"70 UCS-2":                   {strings.Repeat("ж", 70), hellio.UCS2, 1, 'ж'},
		"71 UCS-2":                   {strings.Repeat("ж", 71), hellio.UCS2, 2, 'ж'},
		"2 x 67 UCS-2":               {strings.Repeat("ж", 134), hellio.UCS2, 2, 'ж'},
		"2 x 67 UCS-2 and one":       {strings.Repeat("ж", 135), hellio.UCS2, 3, 'ж'},
		"one letter forces all":      {strings.Repeat("a", 69) + "ç" + "ж", hellio.UCS2, 2, 'ç'},
		"35 pairs":                   {strings.Repeat("😀", 35), hellio.UCS2, 1, '😀'},
		"36 pairs":                   {strings.Repeat("😀", 36), hellio.UCS2, 2, '😀'},
		// 134 units would fit in two
		"33 pairs in each segment": {strings.Repeat("😀", 67), hellio.UCS2, 3, '😀'},
		"a pair at the cut is moved": {
			strings.Repeat("ж", 66) + "😀" + strings.Repeat("ж", 66),
			hellio.UCS2,
			3,
			'ж',
		},
		"a pair before the cut is not": {
			strings.Repeat("ж", 65) + "😀" + strings.Repeat("ж", 67),
			hellio.UCS2,
			2,
			'ж',
		},
		"a backtick is not in GSM-7": {"`", hellio.UCS2, 1, '`'},
		"nor is a tab":               {"\t", hellio.UCS2, 1, '\t'},
		"nor NUL":                    {"a\x00", hellio.UCS2, 1, 0},
		"nor a small c with cedilla": {"Çç", hellio.UCS2, 1, 'ç'},
		"nor a curly quote":          {"it’s", hellio.UCS2, 1, '’'},
		"not UTF-8":                  {"a\xff\xfe", hellio.UCS2, 1, utf8.RuneError},
		"a surrogate on its own":     {"\xed\xa0\x80", hellio.UCS2, 1, utf8.RuneError},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(
				t,
				hellio.Segments{
					Encoding:   c.encoding,
					Characters: utf8.RuneCountInString(c.text),
					Segments:   c.segments,
					Forced:     c.forced,
				},
				hellio.CountSegments(c.text),
			)
		})
	}
}

func TestTheAPIChargesTheCountedSegments(t *testing.T) {
	t.Parallel()
	client := helliotest.New(t).Client()
	for _, text := range []string{
		"a",
		strings.Repeat("€", 81),
		strings.Repeat("😀", 67),
		strings.Repeat("a", 152) + "{" + strings.Repeat("a", 152),
		gsmBasic + gsmExtension,
	} {
		sent, err := client.SMS.Send(
			context.Background(),
			&hellio.SMSSendParams{
				Recipients: []string{"233209990001"},
				Sender:     "HELLIO",
				Message:    text,
			},
		)
		require.NoError(t, err)
		require.Equal(t, hellio.CountSegments(text).Segments, sent.Segments)
	}
}
