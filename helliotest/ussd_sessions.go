package helliotest

import (
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/hellio-go/hellio/internal/contract"
)

// The statuses of a session.
const (
	sessionActive  = "active"
	sessionEnded   = "ended"
	sessionTimeout = "timeout"
	sessionFailed  = "failed"
)

// sessionIdle is how long a session waits for its next step (decided).
const sessionIdle = 3 * time.Minute

// ussdSession is a session as the engine keeps it.
type ussdSession struct {
	sessionState
	dialog ussdDialog
	busy   bool // its callback is being asked
}

// sessionState is what a snapshot keeps of a session.
type sessionState struct {
	ID          int64
	Reference   uuid.UUID
	MSISDN      string
	ServiceCode string
	Status      string
	Steps       int
	Started     time.Time
	Latest      time.Time // when the latest step was answered
	Ended       time.Time
}

// ussdDialog names a session from outside: each app has session ids of its own.
type ussdDialog struct {
	app *ussdApp
	ref string
}

func (s *ussdSession) key() (int64, uuid.UUID) { return s.ID, s.Reference }

// ussdSessions holds all sessions, and finds the newest of a name.
type ussdSessions struct {
	rowTable[*ussdSession]
	byDialog map[ussdDialog]*ussdSession
	named    map[string]*ussdSession // whatever the app
}

func ussdSessionRoutes() []apiRoute {
	return []apiRoute{
		ussdRoute(contract.USSDSessionList, listSessions),
		ussdRoute(contract.USSDSessionGet, getSession),
	}
}

func listSessions(w *world, c *apiCall) *reply {
	status := c.param("status")
	page, bad := paginate(c, &w.ussd.sessions.rowTable,
		func(s *ussdSession) bool { return status == "" || s.Status == status })
	if bad != nil {
		return bad
	}
	return page.linked(c, func(s *ussdSession) any { return s.body() })
}

func getSession(w *world, c *apiCall) *reply {
	s := byUUID(&w.ussd.sessions.rowTable, c.id)
	if s == nil {
		s = w.ussd.sessions.named[c.id]
	}
	if s == nil {
		return notFound("USSD session")
	}
	return okReply(http.StatusOK, s.body())
}

// begin stores a new session. An active one of the same name is over.
func (w *world) begin(s *ussdSession) {
	now, all := w.clock.Now(), &w.ussd.sessions
	if old := all.byDialog[s.dialog]; old != nil && old.Status == sessionActive {
		old.Status, old.Ended = sessionEnded, now
	}
	s.ID = w.nextID()
	s.Reference = w.newReference()
	s.Status = sessionActive
	s.Started = now
	s.Latest = now
	all.remember(s)
	w.evictSessions()
}

// remember stores a session as the newest of its name.
func (u *ussdSessions) remember(s *ussdSession) {
	u.add(s)
	if u.byDialog == nil {
		u.byDialog, u.named = make(map[ussdDialog]*ussdSession), make(map[string]*ussdSession)
	}
	u.byDialog[s.dialog], u.named[s.dialog.ref] = s, s
}

// answered notes the result of a step. A session that ended meanwhile stays
// ended.
func (w *world) answered(s *ussdSession, status string) {
	s.busy, s.Latest = false, w.clock.Now()
	switch {
	case s.Status != sessionActive:
	case status == sessionActive:
		w.at(s.Latest.Add(sessionIdle), s.idle)
	default:
		s.Status, s.Ended = status, s.Latest
	}
}

// idle ends a session that has seen no step since this was planned.
func (s *ussdSession) idle(due time.Time) {
	if s.Status == sessionActive && !s.busy && !due.Before(s.Latest.Add(sessionIdle)) {
		s.Status, s.Ended = sessionTimeout, due
	}
}

func (s *ussdSession) body() any {
	return struct {
		ID          string  `json:"id"`
		SessionRef  string  `json:"session_ref"`
		MSISDN      string  `json:"msisdn"`
		ServiceCode string  `json:"service_code"`
		Status      string  `json:"status"`
		Steps       int     `json:"steps"`
		Charge      *string `json:"charge"` // of a live session; simulated ones are free
		Sandbox     bool    `json:"sandbox"`
		StartedAt   string  `json:"started_at"`
		EndedAt     *string `json:"ended_at"`
	}{
		s.Reference.String(), s.dialog.ref, s.MSISDN, s.ServiceCode, s.Status, s.Steps, nil, true,
		timestamp(s.Started), timestampOrNull(s.Ended),
	}
}
