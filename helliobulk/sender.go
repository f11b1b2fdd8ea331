package helliobulk

import (
	"context"
	"errors"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hellio-go/hellio"
)

// JobSender sends jobs, one request a call, wherever they were dispatched: the
// local runner and a fleet's workers use it alike. It keeps nothing but the
// API's time, and is safe for concurrent use.
type JobSender struct {
	client *hellio.Client
	clock  serverClock
	asking sync.Mutex  // one caller asks for the time, the others wait for its answer
	blind  atomic.Bool // the transport does not report connections to httptrace
}

// NewJobSender returns a JobSender. A nil client is a *hellio.ParamError.
func NewJobSender(client *hellio.Client) (*JobSender, error) {
	if client == nil {
		return nil, nilClient()
	}
	return &JobSender{client: client}, nil
}

// errNoTime is returned while the API's time is not known.
var errNoTime = errors.New("the API did not report its time; " +
	"without it no chunk whose outcome is unknown is sent again")

// Expired reports whether the job's intent is older than its margin, by the
// API's clock. Then no call may be made for it: all calls that ever carry the
// chunk's key lie within one margin, whatever the queue forgets, repeats or
// restores. If the API has not reported its time within the last minute, it is
// asked for it. An error means that it could not be asked; then no call may be
// made either.
func (s *JobSender) Expired(ctx context.Context, j *Job) (bool, error) {
	s.asking.Lock()
	defer s.asking.Unlock()
	if !s.clock.fresh() {
		if err := s.askTime(ctx); err != nil {
			return false, errors.Join(errNoTime, err)
		}
	}
	return j.Record.entry.expired(s.clock.now(), orElse(j.Margin, defaultMargin)), nil
}

// askTime asks the API for its time, by a call that costs nothing. Any answer
// will do; one without a Date leaves this machine's clock. The call also shows
// whether the transport reports connections.
func (s *JobSender) askTime(ctx context.Context) error {
	var traced atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { traced.Store(true) },
	})
	var resp hellio.Response
	_, err := s.client.Balance.Get(ctx, hellio.WithResponse(&resp))
	s.clock.observe(resp.Header)
	if resp.StatusCode == 0 {
		return err
	}
	s.blind.Store(!traced.Load())
	return nil
}

// Send makes one call for a job that is not expired and returns what is known
// after it. last is the job's own Record, or what the last call left.
//
// intent is called once the client's limiter allows the request, before its
// first byte leaves; it must put the intent of the call on record. It reports
// whether an earlier call may have been carried out. If it fails, nothing is
// sent and Send returns its error. (Through a RoundTripper that does not report
// to net/http/httptrace, intent is called before the wait for the limiter.)
//
// When soft ends, a call that still waits is given up: nothing was sent. One
// that has begun ends with ctx. Outside of the job's Window no request is made:
// the verdict is Later, with the time until it opens.
func (s *JobSender) Send(
	ctx, soft context.Context, j *Job, last Record, intent func() (resumed bool, err error),
) (Record, Result, error) {
	if wait := j.Window.OpensIn(s.clock.now().best); wait > 0 {
		return last, closedResult(wait, j.Resumed), nil
	}
	resumed := j.Resumed
	call, p := newPermit(ctx, soft, func() error {
		if j.Window.OpensIn(s.clock.now().best) > 0 { // it has closed during the wait
			return errClosed
		}
		earlier, err := intent()
		resumed = resumed || earlier
		return err
	})
	if s.blind.Load() {
		if err := p.ask(); err != nil {
			p.end()
			return last, Result{}, err
		}
	}
	result := callChunk(call, s.client, &j.Chunk, resumed)
	asked, err := p.end()
	if errors.Is(err, errClosed) {
		return last, closedResult(j.Window.OpensIn(s.clock.now().best), j.Resumed), nil
	}
	if err != nil {
		return last, Result{}, err
	}
	if !asked && result.Status != 0 {
		s.blind.Store(true)
	}
	if resumed && !result.Resumed { // the intent has learned of another call meanwhile
		result.Resumed = true
		result.Outcome = joinOutcomes(result.Outcome, true, result.Replayed)
	}
	s.clock.observe(result.Header)
	e := last.entry
	if !asked && result.Outcome == hellio.OutcomeNotSent { // no request was made
		_, result.Verdict = decide(e, &result, j.AcceptReplays)
		return last, result, nil
	}
	if j.Record.entry.Intent == 0 { // the transport hid the request from intent
		j.Record.entry = j.Record.entry.begun(s.clock.now())
	}
	e.takeIntent(&j.Record.entry)
	last.entry, result.Verdict = decide(e, &result, j.AcceptReplays)
	return last, result, nil
}

// errClosed ends a call whose window has closed before its request was made.
var errClosed = errors.New("the window is closed")

// closedResult is the result outside of a job's window.
func closedResult(wait time.Duration, resumed bool) Result {
	return Result{
		Verdict:    Later,
		Outcome:    joinOutcomes(hellio.OutcomeNotSent, resumed, false),
		Resumed:    resumed,
		RetryAfter: max(wait, time.Second),
		Err:        errClosed,
	}
}
