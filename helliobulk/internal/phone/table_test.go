package phone

import (
	"encoding/binary"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write table.bin")

func TestTheTableIsCurrent(t *testing.T) {
	made := generate(t)
	if *update {
		require.NoError(t, os.WriteFile("table.bin", made, 0o644))
		t.Logf("%d bytes, %d of them states", len(made), binary.LittleEndian.Uint32(made))
		return
	}
	require.Equal(t, string(made), tableFile, "run this test with -update")
}

// generate makes the table from the library's metadata.
func generate(t *testing.T) []byte {
	all, err := phonenumbers.MetadataCollection()
	require.NoError(t, err)
	g := &generator{t: t, patterns: map[string]int{}, known: map[string]int{}}
	g.pool = append(g.pool, state{}) // 0 is where nothing matches any more
	metadata := map[string]*phonenumbers.PhoneMetadata{}
	table := numberTable{Codes: map[string]*countryCode{}, Regions: map[string]*dialling{}}
	for _, m := range all.GetMetadata() {
		name := m.GetId()
		if name == "001" {
			name = "+" + strconv.Itoa(int(m.GetCountryCode()))
		}
		metadata[name] = m
		table.Regions[name] = g.region(m)
	}
	for _, number := range slices.Sorted(maps.Keys(phonenumbers.GetSupportedCallingCodes())) {
		c := &countryCode{Code: strconv.Itoa(number)}
		var list []*phonenumbers.PhoneMetadata
		for _, name := range phonenumbers.GetRegionCodesForCountryCode(number) {
			whose := name
			if name == "001" {
				name = "+" + c.Code
				whose = ""
			}
			if c.Main == "" {
				c.Main = name
			}
			c.Regions = append(c.Regions, whose)
			list = append(list, metadata[name])
		}
		c.Start = g.classes(list)
		table.Codes[c.Code] = c
	}
	var states []byte
	for _, s := range g.pool {
		states = append(states, s.class)
		for _, next := range s.next {
			states = binary.LittleEndian.AppendUint16(states, uint16(next))
		}
	}
	require.Less(t, len(g.pool), 1<<16)
	rest, err := json.Marshal(&table)
	require.NoError(t, err)
	made := binary.LittleEndian.AppendUint32(nil, uint32(len(states)))
	return append(append(made, states...), rest...)
}

// state is one of the automaton's: its class, and where each digit leads.
type state struct {
	class byte
	next  [10]int
}

// generator determinises the library's expressions into one pool of states.
type generator struct {
	t        *testing.T
	patterns map[string]int // place of each expression's automaton
	automata [][]patternState
	pool     []state
	known    map[string]int // states of the pool by what they are
}

// patternState is a state of one expression's automaton; 0 is dead, 1 the
// start.
type patternState struct {
	match bool
	next  [10]int
}

// region returns how numbers are dialled in a country.
func (g *generator) region(m *phonenumbers.PhoneMetadata) *dialling {
	general := m.GetGeneralDesc()
	pattern := g.pattern(general.GetNationalNumberPattern())
	r := &dialling{
		Code:   strconv.Itoa(int(m.GetCountryCode())),
		Abroad: m.GetInternationalPrefix(),
		Prefix: m.GetNationalPrefixForParsing(),
		Rule:   m.GetNationalPrefixTransformRule(),
	}
	r.Start = g.build([]int{pattern}, func(at []int, _ int) byte {
		if g.automata[pattern][at[0]].match {
			return 1
		}
		return 0
	})
	for _, n := range general.GetPossibleLength() {
		r.Lengths |= 1 << n
	}
	for _, n := range general.GetPossibleLengthLocalOnly() {
		r.Local |= 1 << n
	}
	return r
}

// kind is an expression of one kind of number, and the lengths that it has.
type kind struct {
	pattern int // place among those of the code
	lengths uint32
}

// country decides whether a number is one of a region.
type country struct {
	general kind
	mobile  kind
	fixed   kind
	others  []kind // these come before fixed and mobile
	leading int    // place of the expression that its numbers begin with; -1: none
	same    bool   // mobile numbers look like fixed ones
}

// classes builds the automaton of a country code.
func (g *generator) classes(list []*phonenumbers.PhoneMetadata) int {
	var used []int
	place := func(expression string) int {
		pattern := g.pattern(expression)
		if at := slices.Index(used, pattern); at >= 0 {
			return at
		}
		used = append(used, pattern)
		return len(used) - 1
	}
	var countries []country
	for _, m := range list {
		of := func(d *phonenumbers.PhoneNumberDesc) kind {
			lengths := d.GetPossibleLength()
			if len(lengths) == 0 {
				lengths = m.GetGeneralDesc().GetPossibleLength()
			}
			k := kind{pattern: place(d.GetNationalNumberPattern())}
			for _, n := range lengths {
				if n > 0 {
					k.lengths |= 1 << n
				}
			}
			return k
		}
		c := country{
			general: of(m.GetGeneralDesc()),
			mobile:  of(m.GetMobile()),
			fixed:   of(m.GetFixedLine()),
			leading: -1,
			same:    m.GetSameMobileAndFixedLinePattern(),
		}
		for _, d := range []*phonenumbers.PhoneNumberDesc{
			m.GetPremiumRate(), m.GetTollFree(), m.GetSharedCost(), m.GetVoip(),
			m.GetPersonalNumber(), m.GetPager(), m.GetUan(), m.GetVoicemail(),
		} {
			c.others = append(c.others, of(d))
		}
		if digits := m.GetLeadingDigits(); digits != "" {
			c.leading = place("(?:" + digits + `)\d*`)
		}
		countries = append(countries, c)
	}
	return g.build(used, func(at []int, length int) byte {
		matches := func(k kind) bool {
			return k.lengths>>length&1 > 0 && g.automata[used[k.pattern]][at[k.pattern]].match
		}
		for i, c := range countries {
			valid, mobile := c.kindOf(matches)
			mine := valid
			if c.leading >= 0 {
				mine = g.automata[used[c.leading]][at[c.leading]].match
			}
			switch {
			case mine && valid && mobile:
				return byte(2*(i+1) + 1)
			case mine && valid:
				return byte(2 * (i + 1))
			case mine:
				return 0
			}
		}
		return 0
	})
}

// kindOf reports whether a number is valid in a country, and may be mobile, as
// the library's getNumberTypeHelper decides.
func (c *country) kindOf(matches func(kind) bool) (valid, mobile bool) {
	switch {
	case !matches(c.general):
		return false, false
	case slices.ContainsFunc(c.others, matches):
		return true, false
	case matches(c.fixed):
		return true, c.same || matches(c.mobile)
	}
	mobile = !c.same && matches(c.mobile)
	return mobile, mobile
}

// pattern returns the place of an expression's automaton.
func (g *generator) pattern(expression string) int {
	if at, ok := g.patterns[expression]; ok {
		return at
	}
	parsed, err := syntax.Parse("^(?:"+expression+")$", syntax.Perl)
	require.NoError(g.t, err)
	prog, err := syntax.Compile(parsed.Simplify())
	require.NoError(g.t, err)
	g.patterns[expression] = len(g.automata)
	g.automata = append(g.automata, determinise(prog))
	return len(g.automata) - 1
}

// determinise makes an automaton over digits of a compiled expression.
func determinise(prog *syntax.Prog) []patternState {
	ids := map[string]int{}
	var sets [][]uint32
	states := []patternState{{}}
	add := func(set []uint32) int {
		if len(set) == 0 {
			return 0
		}
		key := string(syntaxKey(set))
		if id, ok := ids[key]; ok {
			return id
		}
		sets = append(sets, set)
		states = append(states, patternState{})
		ids[key] = len(sets)
		return len(sets)
	}
	add([]uint32{uint32(prog.Start)})
	for i := 0; i < len(sets); i++ {
		pcs, match := closure(prog, sets[i])
		states[i+1].match = match
		for digit := range 10 {
			var next []uint32
			for _, pc := range pcs {
				if prog.Inst[pc].MatchRune('0' + rune(digit)) {
					next = append(next, prog.Inst[pc].Out)
				}
			}
			slices.Sort(next)
			states[i+1].next[digit] = add(slices.Compact(next))
		}
	}
	return states
}

func syntaxKey(set []uint32) (key []byte) {
	for _, pc := range set {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	return key
}

// closure follows the steps that take no digit.
func closure(prog *syntax.Prog, from []uint32) (pcs []uint32, match bool) {
	seen := map[uint32]bool{}
	var visit func(uint32)
	visit = func(pc uint32) {
		if seen[pc] {
			return
		}
		seen[pc] = true
		switch inst := &prog.Inst[pc]; inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			visit(inst.Out)
			visit(inst.Arg)
		case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth: // ^ and $ hold at the ends
			visit(inst.Out)
		case syntax.InstMatch:
			match = true
		case syntax.InstFail:
		default:
			pcs = append(pcs, pc)
		}
	}
	for _, pc := range from {
		visit(pc)
	}
	return pcs, match
}

// build follows several automata together and puts the result into the pool,
// where equal states are one.
func (g *generator) build(automata []int, class func(at []int, length int) byte) int {
	memo := map[string]int{}
	var visit func(at []int, length int) int
	visit = func(at []int, length int) int {
		if length > maxDigits || !slices.ContainsFunc(at, func(s int) bool { return s != 0 }) {
			return 0
		}
		var key strings.Builder
		key.WriteByte(byte(length))
		for _, s := range at {
			key.WriteByte(byte(s))
			key.WriteByte(byte(s >> 8))
		}
		if id, ok := memo[key.String()]; ok {
			return id
		}
		s := state{class: class(at, length)}
		for digit := range 10 {
			next := make([]int, len(at))
			for i, automaton := range automata {
				next[i] = g.automata[automaton][at[i]].next[digit]
			}
			s.next[digit] = visit(next, length+1)
		}
		id := g.intern(s)
		memo[key.String()] = id
		return id
	}
	start := make([]int, len(automata))
	for i := range start {
		start[i] = 1
	}
	return visit(start, 0)
}

// intern returns the place of a state in the pool.
func (g *generator) intern(s state) int {
	if s == (state{}) {
		return 0
	}
	key := string(stateKey(s))
	if id, ok := g.known[key]; ok {
		return id
	}
	g.pool = append(g.pool, s)
	g.known[key] = len(g.pool) - 1
	return len(g.pool) - 1
}

func stateKey(s state) []byte {
	key := []byte{s.class}
	for _, next := range s.next {
		key = binary.LittleEndian.AppendUint32(key, uint32(next))
	}
	return key
}
