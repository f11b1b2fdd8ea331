package phone

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"regexp"
	"strings"
	"sync"
)

//go:generate go test -run TestTheTableIsCurrent -update

//go:embed table.bin
var tableFile string

// numberTable is what the library's metadata say: one automaton over the digits
// of national numbers, which all countries share, and how each country dials.
// The file has the length of the automaton, the automaton, and the rest as
// JSON.
type numberTable struct {
	states  string
	Codes   map[string]*countryCode `json:"codes"`   // by country code
	Regions map[string]*dialling    `json:"regions"` // by two letters; "+800" for those without
}

// countryCode is a country code.
type countryCode struct {
	Code    string   `json:"code"`
	Start   int      `json:"start"`   // state; it ends in the class of a valid number
	Regions []string `json:"regions"` // class is 2*(place+1), and 1 more if it may be mobile
	Main    string   `json:"main"`    // region whose rules its numbers follow
	main    *dialling
}

// dialling is how numbers are dialled in a country.
type dialling struct {
	Code     string `json:"code"`
	Start    int    `json:"start"`   // state; it ends in 1 for what fits the country
	Lengths  uint32 `json:"lengths"` // of national numbers, as bits
	Local    uint32 `json:"local"`   // of numbers that work within a town alone
	Abroad   string `json:"abroad"`  // international prefix, an expression
	Prefix   string `json:"prefix"`  // national prefix, an expression
	Rule     string `json:"rule"`    // what replaces it
	plain    bool   // Prefix is digits
	compiled sync.Once
	abroad   *regexp.Regexp
	prefix   *regexp.Regexp
	of       *numberTable
	code     *countryCode
}

const stateSize = 21 // class, and a state of two bytes for each digit

var loadTable = sync.OnceValue(func() *numberTable {
	size := int(binary.LittleEndian.Uint32([]byte(tableFile[:4])))
	t := &numberTable{states: tableFile[4 : 4+size]}
	if err := json.Unmarshal([]byte(tableFile[4+size:]), t); err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	for _, r := range t.Regions {
		r.of = t
		r.code = t.Codes[r.Code]
		r.plain = r.Rule == "" && strings.Trim(r.Prefix, "0123456789") == ""
	}
	for _, c := range t.Codes {
		c.main = t.Regions[c.Main]
	}
	return t
})

// walk follows digits through the automaton and returns the class that it ends
// in; 0: none.
func (t *numberTable) walk(state int, digits []byte) byte {
	for _, digit := range digits {
		at := state*stateSize + 1 + 2*int(digit-'0')
		state = int(t.states[at]) | int(t.states[at+1])<<8
	}
	return t.states[state*stateSize]
}

// fits reports whether digits have the form of the country's numbers, of any
// kind and length.
func (r *dialling) fits(digits []byte) bool { return r.of.walk(r.Start, digits) != 0 }

func (r *dialling) longest() int { return bits.Len32(r.Lengths) - 1 }

// patterns compiles the expressions, which a number with a country code seldom
// needs.
func (r *dialling) patterns() {
	r.compiled.Do(func() {
		r.abroad = regexp.MustCompile(r.Abroad)
		r.prefix = regexp.MustCompile("^(?:" + r.Prefix + ")")
	})
}

// stripInternational cuts the international prefix off. No country code begins
// with 0.
func (r *dialling) stripInternational(digits []byte) (rest []byte, ok bool) {
	if r.Abroad == "00" || r.Abroad == "011" {
		rest, ok = bytes.CutPrefix(digits, []byte(r.Abroad))
	} else {
		r.patterns()
		found := r.abroad.FindStringIndex(string(digits))
		if ok = found != nil && found[0] == 0; ok {
			rest = digits[found[1]:]
		}
	}
	return rest, ok && !bytes.HasPrefix(rest, []byte("0"))
}

// national cuts the national prefix off, if a number of possible length is
// left.
func (r *dialling) national(digits []byte) []byte {
	rest := r.strip(digits)
	n := len(rest)
	switch {
	case n < 32 && r.Local>>n&1 > 0, n < bits.TrailingZeros32(r.Lengths):
		return digits
	case n <= r.longest() && r.Lengths>>n&1 == 0:
		return digits
	}
	return rest
}

// strip cuts the national prefix off, or replaces it, unless that turns what
// fits the country into what does not.
func (r *dialling) strip(digits []byte) []byte {
	rest := digits
	switch {
	case len(digits) == 0 || r.Prefix == "":
		return digits
	case r.plain:
		var ok bool
		if rest, ok = bytes.CutPrefix(digits, []byte(r.Prefix)); !ok {
			return digits
		}
	default:
		r.patterns()
		found := r.prefix.FindStringSubmatchIndex(string(digits))
		if found == nil {
			return digits
		}
		rest = digits[found[1]:]
		if last := found[len(found)-2]; r.Rule != "" && last >= 0 {
			rest = []byte(r.prefix.ReplaceAllString(string(digits), r.Rule))
		}
	}
	if r.fits(digits) && !r.fits(rest) {
		return digits
	}
	return rest
}
