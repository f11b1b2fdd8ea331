package helliotest

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/near"
)

// maxViolations is how many notes are kept, for a fake that runs for weeks.
const maxViolations = 1000

// Violation is something in a call that no correct client sends. Text quotes no
// value of a body: "body.expires: the API knows no such field; did you mean
// expiry?".
type Violation struct {
	Text   string
	Method string
	Path   string // with /v1: the route of a known one, else the path, cut to 64 characters
	At     time.Time
}

// String returns method, path and text.
func (v Violation) String() string { return v.Method + " " + v.Path + ": " + v.Text }

// Violations returns the violations since the last Reset, oldest first, of all
// views and with those that Lenient or ExpectRejected excuses. Each text is
// listed once per method and path, and at most 1,000 are kept.
func (f *Fake) Violations() []Violation {
	f.tb.Helper()
	defer f.lock()()
	return slices.Clone(f.world.violations)
}

// violate notes a violation. The API's own answer is unchanged; the violation
// is reported when the test of its view ends.
func (c *apiCall) violate(text string) {
	violation := Violation{
		Text:   text,
		Method: c.method,
		Path:   c.shownPath(),
		At:     c.w.clock.Now(),
	}
	c.log.Violations = append(c.log.Violations, text)
	c.w.violations = noted(c.w.violations, violation)
	v := c.view
	if v.over {
		v = c.e.owner
	}
	if len(c.log.Violations) == 1 {
		v.rejected++
	}
	v.violations = noted(v.violations, violation)
}

// noted adds a violation to a list, unless it is there already or the list is
// full.
func noted(list []Violation, violation Violation) []Violation {
	known := slices.ContainsFunc(list, func(other Violation) bool {
		return other.Text == violation.Text && other.Method == violation.Method &&
			other.Path == violation.Path
	})
	if known || len(list) >= maxViolations {
		return list
	}
	return append(list, violation)
}

// shownPath is the route, or the path of an unknown one: a route's own path may
// hold a number.
func (c *apiCall) shownPath() string {
	if c.route != nil {
		return c.route.path
	}
	return near.Short(c.path)
}

// unknownNames returns the names that are not among the known ones, in a fixed
// order.
func unknownNames[M ~map[string]V, V any](given M, known []string) []string {
	var unknown []string
	for name := range given {
		if !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// ExpectRejected excuses n more calls of this test with a violation, such as an
// unknown field, a wrong type or an unknown route. At its end the test fails
// unless exactly that many came. The numbers of several ExpectRejected add up,
// and each view counts its own calls. A negative n fails the test.
func (f *Fake) ExpectRejected(n int) {
	f.tb.Helper()
	if n < 0 {
		f.tb.Fatalf("helliotest: ExpectRejected(%d): a count can't be negative", n)
	}
	if f.ended() {
		return
	}
	defer f.lock()()
	f.view.expected += n
	f.view.expecting = true
}

// cutRoot removes the /v1 of a path, and reports whether it was there.
func cutRoot(path string) (below string, rooted bool) {
	below, rooted = strings.CutPrefix(path, contract.Root)
	if !rooted || below != "" && below[0] != '/' {
		return path, false
	}
	return below, true
}

// unknownPath describes what is wrong with a path that the API does not know.
func unknownPath(path string) string {
	const unknown = "the API has no such route"
	below, rooted := cutRoot(path)
	if !rooted {
		if known, _ := routes.match(path); known != nil {
			return unknown + ": it begins at " + contract.Root + "; is that missing from the base URL?"
		}
		return unknown + ": it begins at " + contract.Root
	}
	if _, twice := cutRoot(below); twice {
		return unknown + ": " + contract.Root + " is there twice; does the base URL have one?"
	}
	return unknown + suggest(below, slices.Collect(maps.Keys(routes)))
}

// unknownPathAnswer is the sentence that answers such a call.
func unknownPathAnswer(path string) string {
	const unknown = "The route could not be found"
	below, rooted := cutRoot(path)
	if !rooted {
		return unknown + ": the API is below " + contract.Root + ". Does the base URL lack " +
			contract.Root + "?"
	}
	if _, twice := cutRoot(below); twice {
		return unknown + ": the path has " + contract.Root + " twice. Does the base URL have one?"
	}
	return unknown + "."
}
