package phone

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"github.com/stretchr/testify/require"
)

// library reads a number with nyaruka/phonenumbers.
func library(written, region string) (n Number, ok bool) {
	parsed, err := phonenumbers.Parse(written, region)
	if err != nil || parsed.GetExtension() != "" || !phonenumbers.IsValidNumber(parsed) {
		return n, false
	}
	code := strconv.Itoa(int(parsed.GetCountryCode()))
	all := code + phonenumbers.GetNationalSignificantNumber(parsed)
	n.Digits, err = strconv.ParseUint(all, 10, 64)
	if n.Country = phonenumbers.GetRegionCodeForNumber(parsed); n.Country == "001" {
		n.Country = ""
	}
	switch phonenumbers.GetNumberType(parsed) {
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE:
		n.Mobile = true
	}
	return n, err == nil && len(all) <= maxE164
}

// compared counts what the table and the library were asked alike.
type compared struct{ made, asked, valid, mobile int }

func (c *compared) check(t *testing.T, written, region string) {
	c.made++
	if c.made%oneIn != 0 {
		return
	}
	want, ok := library(written, region)
	got, reason := Read(written, region)
	c.asked++
	if ok {
		c.valid++
	}
	if want.Mobile {
		c.mobile++
	}
	if ok != (reason == OK) || ok && got != want {
		t.Fatalf("%q in %q: got %+v, reason %d, want %+v, valid %v",
			written, region, got, reason, want, ok)
	}
}

// regions are all that the library knows, and none.
func regions() []string {
	return append(slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions())), "")
}

// TestEveryTransitionIsTheLibrarys goes over each transition of each country's
// automaton once, to a valid end and to an invalid one where there are such.
func TestEveryTransitionIsTheLibrarys(t *testing.T) {
	t.Parallel()
	table := loadTable()
	valid := completions(table, func(class byte) bool { return class != 0 })
	invalid := completions(table, func(class byte) bool { return class == 0 })
	var sum compared
	for _, c := range slices.Sorted(maps.Keys(table.Codes)) {
		start := table.Codes[c].Start
		access := map[int]string{start: ""}
		for queue := []int{start}; len(queue) > 0; queue = queue[1:] {
			from := queue[0]
			for digit := range 10 {
				at := from*stateSize + 1 + 2*digit
				to := int(table.states[at]) | int(table.states[at+1])<<8
				path := access[from] + strconv.Itoa(digit)
				if _, seen := access[to]; !seen && to != 0 {
					access[to] = path
					queue = append(queue, to)
				}
				for _, end := range []string{valid[to], invalid[to]} {
					if end != "-" {
						sum.check(t, "+"+c+path+end, "")
					}
				}
			}
		}
	}
	t.Logf("%d numbers, %d valid, %d of them mobile, 0 differ", sum.asked, sum.valid, sum.mobile)
}

// completions returns for each state the shortest digits that lead to such a
// class; "-" if none do.
func completions(table *numberTable, wanted func(byte) bool) []string {
	n := len(table.states) / stateSize
	ends := make([]string, n)
	for s := range ends {
		ends[s] = "-"
	}
	for changed := true; changed; {
		changed = false
		for s := range ends {
			if wanted(table.states[s*stateSize]) && ends[s] != "" {
				ends[s] = ""
				changed = true
			}
			for digit := range 10 {
				at := s*stateSize + 1 + 2*digit
				to := int(table.states[at]) | int(table.states[at+1])<<8
				if ends[s] == "-" && ends[to] != "-" && len(ends[to]) < maxDigits {
					ends[s] = strconv.Itoa(digit) + ends[to]
					changed = true
				}
			}
		}
	}
	return ends
}

// TestEveryRegionReadsAsTheLibraryDoes compares numbers of each kind in each
// region, some of their digits changed, in the ways that people write them.
func TestEveryRegionReadsAsTheLibraryDoes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	each := 6
	if testing.Short() {
		each = 1
	}
	var sum compared
	for _, region := range regions() {
		for _, national := range nationals(rng, region, each) {
			for _, written := range forms(region, national) {
				sum.check(t, written, region)
			}
		}
	}
	t.Logf("%d regions, %d numbers, %d valid, %d of them mobile, 0 differ",
		len(regions()), sum.asked, sum.valid, sum.mobile)
}

// nationals are numbers of each kind that the library has an example of, and
// changes of these.
func nationals(rng *rand.Rand, region string, each int) (list []string) {
	home := region
	if home == "" {
		home = "GH"
	}
	for of := phonenumbers.FIXED_LINE; of <= phonenumbers.VOICEMAIL; of++ {
		example := phonenumbers.GetExampleNumberForType(home, of)
		if example == nil {
			continue
		}
		number := phonenumbers.GetNationalSignificantNumber(example)
		list = append(list, number, number[1:], number+"0", "0"+number, number[:len(number)-1])
		for range each {
			changed := []byte(number)
			for range 1 + rng.IntN(4) {
				changed[rng.IntN(len(changed))] = byte('0' + rng.IntN(10))
			}
			list = append(list, string(changed))
		}
	}
	for range each {
		list = append(list, strconv.FormatUint(rng.Uint64N(1e12), 10))
	}
	return append(list, "", "0", "00", "112", "999", "000000000000000000")
}

// forms are the ways in which people write a national number.
func forms(region, national string) []string {
	meta := loadTable().Regions[region]
	code := "233"
	prefix := "0"
	abroad := "00"
	if meta != nil {
		code = meta.Code
		if meta.plain {
			prefix = meta.Prefix
		}
		if strings.Trim(meta.Abroad, "0123456789") == "" {
			abroad = meta.Abroad
		}
	}
	spaced := national
	if len(national) > 4 {
		spaced = national[:2] + " " + national[2:4] + "-" + national[4:]
	}
	list := []string{
		"+" + code + national,
		"+" + code + prefix + national,
		"+" + code + " (" + prefix + ")" + spaced,
		abroad + code + national,
	}
	if meta != nil { // otherwise the library wants a plus, and Read adds it
		list = append(list, national, prefix+national, "("+prefix+spaced, code+national,
			code+prefix+national, "+"+abroad+code+national, "+"+national)
	}
	return list
}

func TestWithoutARegionAPlusIsAdded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		written string
		want    Reason
	}{
		{"233241234567", OK},
		{" +233 24 123 4567", OK},
		{"0241234567", NoCode},
		{"00233241234567", NoCode},
		{"+0241234567", NoNumber},
		{"24", NoNumber},
		{"999241234567", NoNumber},
		{"233241", Unused},
	} {
		_, reason := Read(c.written, "")
		require.Equal(t, c.want, reason, c.written)
	}
}

func TestSignsAreReadAsPeopleMeanThem(t *testing.T) {
	t.Parallel()
	for _, written := range []string{
		"024 123 4567", "024-123-4567", "(024) 123 4567", "024.123.4567", "024/123/4567",
		"'0241234567", "’0241234567", "\u200e0241234567\u200e", "\u202a+233241234567\u202c",
		"\u2066024 123 4567\u2069", "\ufeff0241234567", "024\u00a0123\u00a04567", "０２４１２３４５６７",
		"٠٢٤١٢٣٤٥٦٧", "۰۲۴۱۲۳۴۵۶۷", "＋233241234567", "++233241234567", "024–123–4567",
		"+233 (0)24 123 4567", "*0241234567", "0241234567.", "\"0241234567\"",
	} {
		n, reason := Read(written, "GH")
		require.Equal(t, OK, reason, "%q", written)
		require.Equal(t, Number{Digits: 233241234567, Country: "GH", Mobile: true}, n, "%q",
			written)
	}
	for _, written := range []string{
		"", " ", "+", "junk", "024-ACME-123", "0241234567 ext 5", "0241234567x5", "0241234567#5",
		"0241234567;5", "0241234567,5", "024*1234567", "024+1234567", "tel:0241234567",
		"१२३४५६७८९०", "0241234567/0201234567", strings.Repeat("1", 10<<20),
	} {
		_, reason := Read(written, "GH")
		require.NotEqual(t, OK, reason, "%.20q", written)
	}
}

func TestAFullNumberIsReadAgain(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for _, region := range regions() {
		for _, national := range nationals(rng, region, 1) {
			for _, written := range forms(region, national) {
				n, reason := Read(written, region)
				if reason != OK {
					continue
				}
				for _, home := range []string{"", "GH", "US", region} {
					again, reason := Read(fmt.Sprint("+", n.Digits), home)
					require.Equal(t, OK, reason)
					require.Equal(t, n, again)
				}
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"0241234567", "+233241234567", "", "+", "00390612345678"} {
		f.Add(seed, "GH")
		f.Add(seed, "")
	}
	f.Fuzz(func(t *testing.T, written, region string) {
		n, reason := Read(written, region)
		if reason != OK {
			return
		}
		again, reason := Read(fmt.Sprint("+", n.Digits), "")
		require.Equal(t, OK, reason)
		require.Equal(t, n, again)
	})
}

func BenchmarkRead(b *testing.B) {
	for _, written := range []string{"+233241234567", "0241234567"} {
		b.Run(written, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, reason := Read(written, "GH"); reason != OK {
					b.Fatal(reason)
				}
			}
		})
	}
}
