package helliotest

import (
	"context"
	"errors"
	"net/url"
	"strconv"

	"github.com/hellio-go/hellio/internal/near"
)

// callsPerRead is how many calls of a program are read at once.
const callsPerRead = 500

// ExpectRejected excuses n more calls in this world with a violation: see
// Fake.ExpectRejected. Calls of all callers count, from Dial to the end of the
// test.
func (r *Remote) ExpectRejected(n int) {
	r.tb.Helper()
	if n < 0 {
		r.tb.Fatalf("helliotest: ExpectRejected(%d): a count can't be negative", n)
	}
	r.view.expected += n
	r.view.expecting = true
}

// readViolations keeps the violations of the calls since the last time, or of
// none if these only mark where the test begins.
func (r *Remote) readViolations(keep bool) error {
	for {
		calls, err := r.requests(context.Background(), url.Values{
			"after": {strconv.FormatInt(r.since, 10)},
			"limit": {strconv.Itoa(callsPerRead)},
		})
		if err != nil {
			return err
		}
		for i := range calls {
			r.since = calls[i].ID
			if keep {
				r.keepViolations(&calls[i])
			}
		}
		if len(calls) < callsPerRead {
			return nil
		}
	}
}

func (r *Remote) keepViolations(call *Request) {
	if len(call.Violations) > 0 {
		r.view.rejected++
	}
	for _, text := range call.Violations {
		r.view.violations = noted(r.view.violations, call.violation(text))
	}
}

// endStrictness fails the test for the violations since Dial.
func (r *Remote) endStrictness() {
	if err := r.readViolations(true); err != nil {
		r.tb.Errorf("helliotest: the violations of the test are not known: %v", err)
		return
	}
	report(r.tb, errors.Join(r.view.strictness(false)...))
}

// violation is one of a call's violations as a Fake lists it.
func (r *Request) violation(text string) Violation {
	violation := Violation{Text: text, Method: r.Method, At: r.At}
	if known := routeOf(r.Method, r.Path); known != nil {
		violation.Path = known.path
	} else {
		violation.Path = near.Short(r.Path)
	}
	return violation
}
