package helliobulk

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

// api returns an error of the API.
func api(status int, code string, o hellio.Outcome) error {
	return &hellio.APIError{Status: status, Code: code, Outcome: o}
}

// decision is a row of decide's table.
type decision struct {
	name    string
	err     error
	status  int
	fresh   string // state and verdict after a first call
	resumed string // the same if an earlier call may have been carried out
	stored  string // the same if the answer is a stored one, after an earlier call
}

func decisions() []decision {
	const (
		unknown  = hellio.OutcomeUnknown
		notSent  = hellio.OutcomeNotSent
		rejected = hellio.OutcomeRejected
		accepted = hellio.OutcomeAccepted
	)
	const (
		done     = "done done"
		refused  = "rejected rejected"
		same     = "unknown same key"
		later    = "open later"
		stop     = "open stop"
		stopHere = "unknown stop"
		review   = "needs review inspect"
	)
	reset := &hellio.ConnectionError{Err: io.EOF, Outcome: unknown}
	dial := &hellio.ConnectionError{Err: io.EOF, Outcome: notSent}
	unreadable := &hellio.DecodeError{Outcome: accepted}
	portal := &hellio.DecodeError{Outcome: unknown}
	balance := hellio.CodeInsufficientBalance
	spend := hellio.CodeSpendLimitExceeded
	sender := hellio.CodeSenderNotApproved
	route := hellio.CodeTrafficNotRoutable
	nobody := hellio.CodeNoValidRecipients
	conflict := hellio.CodeIdempotencyConflict
	return []decision{
		{"accepted", nil, 202, done, done, done},
		{"accepted, unreadable", unreadable, 202, same, same, same},
		{"a portal's page", portal, 200, same, same, same},
		{"refused dial", dial, 0, later, same, same},
		{"reset", reset, 0, same, same, same},
		{"bad params", &hellio.ParamError{Field: "message"}, 0, stop, stopHere, stopHere},
		{"302", api(302, "", unknown), 302, stopHere, stopHere, same},
		{"400", api(400, "", rejected), 400, refused, same, refused},
		{"401", api(401, "", rejected), 401, stop, stopHere, refused},
		{"402", api(402, balance, rejected), 402, stop, stopHere, refused},
		{"403", api(403, "", rejected), 403, stop, stopHere, refused},
		{"403, spend limit", api(403, spend, rejected), 403, stop, stopHere, refused},
		{"404", api(404, "", rejected), 404, refused, same, refused},
		{"405", api(405, "", rejected), 405, refused, same, refused},
		{"408", api(408, "", unknown), 408, same, same, same},
		{"409, in flight", api(409, conflict, unknown), 409, same, same, same},
		{"409, another code", api(409, "busy", unknown), 409, same, same, same},
		{"413", api(413, "", rejected), 413, refused, same, refused},
		{"418", api(418, "", rejected), 418, refused, same, refused},
		{"422, content", api(422, nobody, rejected), 422, refused, same, refused},
		{"422, route", api(422, route, rejected), 422, refused, same, refused},
		{"422, sender", api(422, sender, rejected), 422, stop, stopHere, refused},
		{"429", api(429, "", rejected), 429, later, same, later},
		{"500", api(500, "", unknown), 500, same, same, review},
		{"503", api(503, "", unknown), 503, same, same, review},
	}
}

func TestEachEndOfACallHasOneDecision(t *testing.T) {
	t.Parallel()
	for _, row := range decisions() {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, row.fresh, after(row, false, false))
			require.Equal(t, row.resumed, after(row, true, false))
			require.Equal(t, row.stored, after(row, true, true))
		})
	}
}

// after returns state and verdict after a call of this kind.
func after(row decision, resumed, replayed bool) string {
	resp := &hellio.Response{StatusCode: row.status, Replayed: replayed}
	r := newResult(&hellio.SMSSendResult{}, row.err, resp, resumed)
	e, v := decide(entry{State: StateUnknown, Tries: 1}, &r, false)
	return fmt.Sprint(e.State, " ", v)
}

func TestAStoredFirstAnswerIsForeign(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		tries   int
		resumed bool
		accept  bool
		want    State
	}{
		{"never tried", 0, false, false, StateReused},
		{"tried before", 1, false, false, StateDone},
		{"outcome unknown before", 0, true, false, StateDone},
		{"replays are accepted", 0, false, true, StateDone},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			resp := &hellio.Response{StatusCode: 202, Replayed: true}
			r := newResult(&hellio.SMSSendResult{}, nil, resp, c.resumed)
			e, v := decide(entry{State: StateUnknown, Tries: c.tries}, &r, c.accept)
			require.Equal(t, c.want, e.State)
			require.Equal(t, c.want == StateReused, v == Stop)
		})
	}
}

func TestAnUnsentChunkHasNoIntent(t *testing.T) {
	t.Parallel()
	intent := entry{
		State:  StateUnknown,
		Intent: 1,
		Local:  2,
		ByAPI:  true,
	}
	for _, row := range decisions() {
		resp := &hellio.Response{StatusCode: row.status}
		r := newResult(&hellio.SMSSendResult{}, row.err, resp, false)
		e, _ := decide(intent, &r, false)
		require.Equal(t, e.State == StateOpen, e.Intent == 0 && e.Local == 0, row.name)
		require.Equal(t, 1, e.Tries)
	}
}

func TestThreeEqualRefusalsStopABatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		ends []string // "" is an acceptance, "-" no end
		want bool
	}{
		{"three alike", []string{"422 a", "422 a", "422 a"}, true},
		{"two alike", []string{"422 a", "422 a"}, false},
		{"another code between", []string{"422 a", "422 b", "422 a", "422 a"}, false},
		{"accepted between", []string{"422 a", "422 a", "", "422 a"}, false},
		{"no answer between", []string{"422 a", "-", "422 a", "-", "422 a"}, true},
		{"three after others", []string{"400", "404", "404", "404"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var f refusals
			var stop bool
			for _, end := range c.ends {
				v := map[string]Verdict{"": Done, "-": SameKey}[end]
				stop = f.add(orElse(v, Rejected), end)
			}
			require.Equal(t, c.want, stop)
		})
	}
}

func TestABatchsEndNamesEachReason(t *testing.T) {
	t.Parallel()
	one := Count{Chunks: 1, Recipients: 5}
	cause := errors.New("a cause")
	for _, c := range []struct {
		name   string
		report Report
		cause  error
		want   []error
	}{
		{"all done", Report{Done: one}, nil, nil},
		{"open", Report{Open: one}, nil, []error{ErrUnfinished}},
		{"unknown", Report{Unknown: one}, nil, []error{ErrUnfinished}},
		{"stopped", Report{Open: one}, cause, []error{ErrUnfinished, cause}},
		{"rejected", Report{Rejected: one}, nil, []error{ErrRejected}},
		{"review", Report{NeedsReview: one}, nil, []error{ErrNeedsReview}},
		{"reused", Report{Reused: one}, nil, []error{ErrBatchReused}},
		{"stopped and rejected", Report{Rejected: one}, cause,
			[]error{ErrUnfinished, ErrRejected, cause}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.report.End(c.cause)
			for _, sentinel := range []error{
				ErrUnfinished, ErrRejected, ErrNeedsReview, ErrBatchReused, cause,
			} {
				wanted := false
				for _, w := range c.want {
					wanted = wanted || w == sentinel
				}
				require.Equal(t, wanted, errors.Is(err, sentinel), "%v", sentinel)
			}
		})
	}
}
