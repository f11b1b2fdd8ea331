package storm

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

// startCell starts a server and returns it with the plan of a call that meets
// the cell.
func startCell(t *testing.T, c Cell) (*Server, Plan) {
	t.Helper()
	planner := NewPlanner(1)
	s, err := StartServer(planner)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s, planner.Plan(planner.makeUpCall(c, 0))
}

// keyedRequest returns the request of an attempt, made without the client.
func keyedRequest(t *testing.T, s *Server, path string, id attemptID) *http.Request {
	t.Helper()
	body := strings.NewReader(`{"recipients":["233250000000"]}`)
	url := "http://" + s.Addresses().Plain + path
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, body)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer storm|rich|1")
	r.Header.Set("Idempotency-Key", "k")
	r.Header.Set("Cookie", cookieName+"="+id.String())
	return r
}

// on returns the wire log of a call.
func (s *Server) on(phase Phase, call int) (entries []*Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.log {
		if e.Phase == phase && e.Call == call {
			entries = append(entries, e)
		}
	}
	return entries
}

// This is the control for I6: without the client, net/http repeats a request
// silently, and the wire log shows it.
func TestTheWireLogShowsSilentRepeats(t *testing.T) {
	s, plan := startCell(t, Cell{"closed after processing", Keyed, Reused})
	hc := &http.Client{Transport: &http.Transport{}, Timeout: 5 * time.Second}
	defer hc.CloseIdleConnections()
	warm, err := hc.Do(keyedRequest(t, s, "/v1/voice/send", attemptID{Warming, plan.Call, 1}))
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, warm.Body) // keeps the connection
	require.NoError(t, err)
	require.NoError(t, warm.Body.Close())
	resp, err := hc.Do(keyedRequest(t, s, "/v1/sms/send", attemptID{Storming, plan.Call, 1}))
	require.NoError(t, err, "the caller sees one successful attempt")
	require.NoError(t, resp.Body.Close())
	require.Equal(t, "true", resp.Header.Get("Idempotent-Replayed"))
	require.Len(t, s.on(Storming, plan.Call), 2)
}

func TestSeedAndNumberDetermineAPlan(t *testing.T) {
	a, b := NewPlanner(7), NewPlanner(7)
	other := NewPlanner(8)
	differ := 0
	for _, n := range []int{0, 1, 2, 3, 5000, makeUp + 3, sharedBegin + 9} {
		require.Equal(t, a.Plan(n), b.Plan(n))
		if a.Plan(n).Cell != other.Plan(n).Cell {
			differ++
		}
	}
	require.NotZero(t, differ)
}

func TestACellIsPlannedUnlessListedAsAbsent(t *testing.T) {
	p, planned := NewPlanner(1), map[Cell]bool{}
	for n := range 2 * len(p.matrix) {
		planned[p.Plan(n).Cell] = true
	}
	for _, c := range matrixCells() {
		require.Equal(t, whyAbsent(c) == "", planned[c], "%+v", c)
	}
}

// All other checks depend on a correct ledger.
func TestTheLedgerChargesAKeyOnce(t *testing.T) {
	l := newLedger()
	r := request{
		token:  "storm|poor|5",
		method: "POST",
		path:   "/v1/sms/send",
		key:    "k",
		body:   []byte(`{"recipients":["233200000005"]}`),
	}
	_, known := l.begin(r)
	require.False(t, known)
	require.Equal(t, http.StatusConflict, l.do(r).status, "the first request is in flight")
	l.finish(r)
	again := l.do(r)
	require.Equal(t, http.StatusAccepted, again.status)
	require.True(t, again.replayed())
	require.Equal(t, []Money{310}, l.charges[5])
	require.Equal(t, richFunds+poorFunds-310, l.balance())
	r.key = "another"
	require.False(t, l.do(r).replayed())
	require.Len(t, l.charges[5], 2, "a second key is a second message")
	l.wallets["poor"] = 309
	r.key = "a third"
	require.Equal(t, http.StatusPaymentRequired, l.do(r).status)
	require.Len(t, l.charges[5], 2)
}

func TestAmountsHaveFourDecimals(t *testing.T) {
	for m, text := range map[Money]string{
		0:       "0.0000",
		310:     "0.0310",
		-1:      "-0.0001",
		123_456: "12.3456",
	} {
		require.Equal(t, text, m.String())
	}
	amount, err := hellio.ParseAmount("12.3456")
	require.NoError(t, err)
	require.EqualValues(t, 123_456, callResult{cost: amount}.price("sms"))
}

func TestTheCheckerNoticesEachViolation(t *testing.T) {
	for invariant, violate := range map[string]func(*run){
		"I1": func(r *run) { r.server.Ledger.charges[0] = []Money{310, 310} },
		"I2": func(r *run) { r.records[0].Outcome = "not sent" },
		"I3": func(r *run) { r.records[0].Outcome = "unknown" },
		"I4": func(r *run) { r.records[0].Cost++ },
		"I6": func(r *run) { r.server.log = append(r.server.log, r.server.log...) },
		"I7": func(r *run) { r.records[0].End = r.records[0].End.Add(time.Second) },
		"I8": func(r *run) { r.results = []Result{{After: Held{Goroutines: 1}}} },
	} {
		r := cleanRun(t)
		require.Empty(t, r.check(&Report{}))
		violate(r)
		var broken []string
		for _, v := range r.check(&Report{}) {
			broken = append(broken, v.Invariant)
		}
		require.Contains(t, broken, invariant)
	}
}

// cleanRun returns a run of one successful keyed call.
func cleanRun(t *testing.T) *run {
	t.Helper()
	planner := NewPlanner(1)
	plan := planner.Plan(planner.makeUpCall(Cell{"closed after processing", Keyed, Fresh}, 0))
	l := newLedger()
	l.do(request{
		token:  plan.token(),
		method: "POST",
		path:   "/v1/sms/send",
		key:    "k",
		body:   []byte(`{"recipients":["233200000000"]}`),
	})
	began := time.Now()
	r := &run{
		cfg: Config{Call: 0},
		server: &Server{Ledger: l, planner: planner, log: []*Entry{{
			Phase:     Storming,
			Attempt:   1,
			Class:     Keyed,
			Proto:     Fresh,
			Complete:  true,
			Processed: true,
			Status:    202,
		}}},
		records: []Record{{
			Phase:   Storming,
			Class:   Keyed,
			Op:      "sms",
			Begin:   began,
			End:     began,
			Key:     "k",
			Outcome: done,
			Cost:    310,
			Attempts: []Attempt{{
				Status:  202,
				Outcome: done,
				Begin:   began,
				End:     began,
			}},
		}},
	}
	r.halfway = r.snapshot()
	return r
}
