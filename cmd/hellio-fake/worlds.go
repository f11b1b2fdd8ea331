package main

import (
	"crypto/rand"
	"log"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/control"
)

// Limits that keep a program which runs for weeks from growing without end
// (decided).
const (
	maxWorlds = 1000   // next to the first
	maxTokens = 10_000 // that POST tokens and logins made, for one world; POST tokens heeds it
)

// world is one account with all it has sent: a Fake of its own.
type world struct {
	fake   *helliotest.Fake
	engine engine
	api    http.Handler
	// its own: it names the world on the control API for good, even while the
	// API refuses it
	token  string
	name   string   // for people; "" = none
	email  string   // of the person that its spec lets log in; "" = none
	issued []string // by POST tokens and logins, since the last reset; guarded by worlds.mu
	// distinguishes what was before a reset, or in an earlier run of the
	// program, from what is now; guarded by worlds.mu
	life   string
	note   violationNote
	gone   atomic.Bool // it was deleted
	moving sync.Mutex  // held over a move of the clock and over a reset: one at a time
}

// engine is what the program alone asks of a Fake. The Fake's Handler has it.
type engine interface {
	ServeOpen(rw http.ResponseWriter, req *http.Request) bool
	LookupMessage(id int64) (helliotest.Message, bool)
	CountMessages(filters ...helliotest.Filter) int
	MessagesBefore(
		before int64, n int, filters ...helliotest.Filter,
	) (found []helliotest.Message, violating []int64)
	OldestMessage(filters ...helliotest.Filter) (helliotest.Message, bool)
	RequestsAfter(id int64, n int) []helliotest.Request
	CountViolations() int
	ShareBodies(total *atomic.Int64)
	KeptBodies() int64
	ShrinkBodies(most int64)
	Origin(messageID int64) (helliotest.Request, bool)
	Call(id int64) (helliotest.Request, bool)
	CallsBefore(
		before, after int64, n int, pass func(helliotest.Request) bool,
	) []helliotest.Request
	CountCalls(after int64) int
	RefusedCall() (helliotest.Request, bool)
	Exchange(call helliotest.Request) control.Exchange
	MessagesOf(callID int64, n int) (found []helliotest.Message, total int)
	NameTokens(name func(made string) string)
	AddToken(token string, scopes []string)
	TokenState(token string) (scopes []string, left int, ends time.Time, known bool)
	EachOTPWindow(yield func(address string, left int, ends time.Time))
	Spent() (amount string, ends time.Time)
	People() []helliotest.LoginUser
	Holds() map[string]int
	EachUSSDApp(yield func(id, name, callbackURL string))
	LastID() int64
	Scopes() map[string]string
	DeliveriesTo(webhookID int64, n int) ([]helliotest.Delivery, map[string]int)
	DeliveriesBefore(id string, n int) []helliotest.Delivery
	DeliveriesOf(messageID int64) []helliotest.Delivery
	ReplayWith(deliveryID, effect string) error
}

// worldSet are all worlds by their tokens. Those that it issues are random: the
// Fake makes them from the seed, and two worlds with one seed would make the
// same.
type worldSet struct {
	defaults []helliotest.Option
	lobby    *helliotest.Fake // answers logins that no world knows
	first    *world
	// the first one if it began with a file, which may name people who log in;
	// else nil
	opened *world

	bodies     atomic.Int64  // bytes of calls that all worlds keep
	mostBodies int64         // of them
	bounding   sync.Mutex    // one eviction at a time
	large      chan struct{} // has an entry for each call with a large body

	retention int         // how much a world keeps, as the inbox says; 0 = all
	errors    *log.Logger // nil = nothing is said

	// no Fake is called under it: nameLogin takes it under a Fake's lock
	mu     sync.RWMutex
	all    []*world
	made   int // worlds so far
	tokens map[string]*world
	logins map[string]*world // by e-mail address
}

// newWorlds makes the first world; defaults shape it and all others, first goes
// on top of them for that one.
func newWorlds(
	token string, defaults []helliotest.Option, first ...helliotest.Option,
) (*worldSet, error) {
	// no one sees what it logs
	lobby, err := helliotest.Start(helliotest.WithToken(newToken()), helliotest.WithRetention(1))
	if err != nil {
		return nil, err
	}
	ws := &worldSet{
		defaults:   defaults,
		lobby:      lobby,
		mostBodies: maxBodies,
		large:      make(chan struct{}, largeCalls),
		tokens:     make(map[string]*world),
		logins:     make(map[string]*world),
	}
	w := &world{token: token}
	err = ws.add(w, append(slices.Clone(first), helliotest.WithToken(token))...)
	ws.first = w
	if len(first) > 0 {
		ws.opened = w
	}
	return ws, err
}

// reportTo sets where the violations of all worlds are counted.
func (ws *worldSet) reportTo(errors *log.Logger) {
	ws.errors = errors
	ws.first.note.errors = errors
}

// create makes one more world, with a new token. A bad spec is an error, and so
// is one world too many.
func (ws *worldSet) create(spec *worldSpec) (*world, error) {
	opts, err := spec.options()
	if err != nil {
		return nil, err
	}
	w := &world{token: newToken(), name: trimmedName(spec.Name)}
	if spec.Login != nil {
		w.email = loginKey(spec.Login.Email)
	}
	return w, ws.add(w, append(opts, helliotest.WithToken(w.token, spec.Scopes...))...)
}

func (ws *worldSet) add(w *world, opts ...helliotest.Option) error {
	fake, err := helliotest.Start(slices.Concat(ws.defaults, opts)...)
	if err != nil {
		return invalid(err)
	}
	api := fake.Handler()
	w.fake = fake
	w.engine = api.(engine)
	w.api = api
	w.life = rand.Text()
	w.engine.NameTokens(func(made string) string { return ws.nameLogin(w, made) })
	w.engine.ShareBodies(&ws.bodies)
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if len(ws.all) > maxWorlds {
		return unprocessable("too_many_worlds",
			"The program keeps at most %d worlds next to the first. DELETE /_fake/worlds deletes one.",
			maxWorlds)
	}
	ws.made++
	w.note.errors = ws.errors
	w.note.world = ws.made
	ws.all = append(ws.all, w)
	ws.tokens[w.token] = w
	if w.email != "" {
		ws.logins[w.email] = w
	}
	return nil
}

// remove deletes a world: its tokens and e-mail addresses are free, its waits
// and streams end, and calls in flight lose their connection. The first world
// can't be deleted.
func (ws *worldSet) remove(w *world) error {
	if w == ws.first {
		return refuse(http.StatusConflict, "first_world",
			"The first world can't be deleted. POST /_fake/reset makes it as new.")
	}
	ws.mu.Lock()
	if w.gone.Swap(true) {
		ws.mu.Unlock()
		return unauthenticated()
	}
	ws.all = slices.DeleteFunc(ws.all, func(other *world) bool { return other == w })
	maps.DeleteFunc(ws.tokens, func(_ string, known *world) bool { return known == w })
	maps.DeleteFunc(ws.logins, func(_ string, known *world) bool { return known == w })
	ws.mu.Unlock()
	w.end()
	return nil
}

func (w *world) end() {
	w.note.end()
	_ = w.fake.Close() // what it reports is for tests: strictness and unused faults
}

// find returns the world of a token, or nil. A revoked token still has one,
// which refuses it.
func (ws *worldSet) find(token string) *world {
	ws.mu.RLock()
	defer ws.mu.RUnlock()
	return ws.tokens[token]
}

// controlled returns the world that a token names on the control API; nil if it
// names none.
func (ws *worldSet) controlled(token string) *world {
	w := ws.find(token)
	if w == nil || token == w.token {
		return w
	}
	if _, _, _, known := w.engine.TokenState(token); !known {
		return nil
	}
	return w
}

// issue makes another token for a world. The scopes must be known ones, and not
// nil.
func (ws *worldSet) issue(w *world, scopes []string) (string, error) {
	token := newToken()
	if err := ws.keep(w, token, maxTokens); err != nil {
		return "", err
	}
	w.engine.AddToken(token, scopes)
	return token, nil
}

// keep notes a token that a world issues, unless it has that many already.
func (ws *worldSet) keep(w *world, token string, most int) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if w.gone.Load() {
		return unauthenticated()
	}
	if len(w.issued) >= most { // a login may have made one more
		return unprocessable("too_many_tokens",
			"A world has at most %d tokens. POST /_fake/reset forgets them.", most)
	}
	w.issued = append(w.issued, token)
	ws.tokens[token] = w
	return nil
}

// revoke ends one of the world's tokens, and reports whether it was one.
func (ws *worldSet) revoke(w *world, token string) bool {
	return ws.find(token) == w && w.fake.RevokeToken(token)
}

// reset makes a world as it was made. Its own token is good again; the issued
// ones are forgotten.
func (ws *worldSet) reset(w *world) {
	w.moving.Lock()
	defer w.moving.Unlock()
	w.fake.Reset()
	ws.mu.Lock()
	defer ws.mu.Unlock()
	w.life = rand.Text()
	for _, token := range w.issued {
		delete(ws.tokens, token)
	}
	w.issued = nil
	maps.DeleteFunc(ws.logins,
		func(email string, known *world) bool { return known == w && email != w.email })
}

// close ends every world: calls that wait in one lose their connection.
func (ws *worldSet) close() {
	_ = ws.lobby.Close()
	for _, w := range ws.worlds() {
		w.end()
	}
}

// worlds returns the worlds that there are now.
func (ws *worldSet) worlds() []*world {
	ws.mu.RLock()
	defer ws.mu.RUnlock()
	return slices.Clone(ws.all)
}

func newToken() string { return "hellio_" + rand.Text() }
