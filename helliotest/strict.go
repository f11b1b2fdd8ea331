package helliotest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hellio-go/hellio/internal/contract"
)

// maxViolations is how many notes are kept, for a fake that runs for weeks.
const maxViolations = 1000

// maxQuoted is how much of a caller's own name for a thing is quoted.
const maxQuoted = 64

// violate notes what no correct client sends. The call is answered as the API would; the note is reported when the fake ends.
func (c *call) violate(what string) {
	if !c.violated {
		c.violated = true
		c.f.rejected++
	}
	note := c.method + " " + c.shownPath() + ": " + what
	if len(c.f.violations) < maxViolations && !slices.Contains(c.f.violations, note) {
		c.f.violations = append(c.f.violations, note)
	}
}

// shownPath is the route, or the path of an unknown one: a route's own path may hold a number.
func (c *call) shownPath() string {
	if c.route != nil {
		return c.route.op.Route
	}
	return quotable(c.path)
}

// quotable is a caller's text, cut to a length that a report can bear.
func quotable(text string) string {
	if len(text) > maxQuoted {
		return strings.ToValidUTF8(text[:maxQuoted], "") + "…"
	}
	return text
}

// ExpectRejected says that n more calls of this test are meant to be what no correct client sends, such as an unknown field, a wrong type
// or an unknown route. They are then not reported; but at the end the test fails unless exactly so many came. Several calls add up. n
// below 0 fails the test.
func (f *Fake) ExpectRejected(n int) {
	f.tb.Helper()
	if n < 0 {
		f.tb.Fatalf("helliotest: ExpectRejected(%d): a count can't be negative", n)
	}
	defer f.look()()
	f.expected += n
	f.expecting = true
}

// strictness is what Close complains of: what no correct client sends and nobody said that it would come.
func (f *Fake) strictness() (errs []error) {
	if f.cfg.lenient && !f.expecting || f.expecting && f.rejected == f.expected {
		return nil
	}
	if f.expecting {
		errs = append(errs, fmt.Errorf("ExpectRejected: %s that no correct client sends should have come, and %d did", count(f.expected, "call"), f.rejected))
	}
	for _, v := range slices.Sorted(slices.Values(f.violations)) {
		errs = append(errs, errors.New(v))
	}
	return errs
}

// cutRoot takes the /v1 off a path, and tells whether it was there.
func cutRoot(path string) (below string, rooted bool) { return strings.CutPrefix(path, contract.Root) }

// unknownPath says what is amiss with a path that the API does not know.
func unknownPath(path string) string {
	below, rooted := cutRoot(path)
	if !rooted {
		if known, _ := routes.match(path); known != nil {
			return "the API has no such route: it begins at " + contract.Root + "; is that missing from the base URL?"
		}
		return "the API has no such route: it begins at " + contract.Root
	}
	return "the API has no such route" + suggest(below, slices.Collect(maps.Keys(routes)))
}
