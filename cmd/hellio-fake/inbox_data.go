package main

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/control"
)

// preciseTime is timestamp with milliseconds, for what the page counts down.
const preciseTime = "2006-01-02T15:04:05.000-07:00"

// worldView is a world as the page receives it.
type worldView struct {
	Number   int           `json:"number"` // among all that the program has made
	Token    string        `json:"token"`
	Name     string        `json:"name"` // "" = none
	First    bool          `json:"first"`
	Messages int           `json:"messages"`
	Requests int           `json:"requests"`
	LastCall *control.Time `json:"last_call"` // null = none
}

// getWorlds returns the worlds to the page, oldest first. No other site gets
// here: see guard. A browser that says where a call comes from is listened to
// as well.
func (ws *worldSet) getWorlds(rw http.ResponseWriter, r *http.Request, _ *world) error {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" &&
		site != "none" {
		return refuse(http.StatusForbidden, "foreign_origin", "The call comes from another site.")
	}
	rw.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	respond(rw, http.StatusOK, ws.views())
	return nil
}

func (ws *worldSet) views() []worldView {
	all := ws.worlds()
	views := make([]worldView, len(all))
	for i, w := range all {
		views[i] = worldView{
			Number:   w.note.world,
			Token:    w.token,
			Name:     w.name,
			First:    w == ws.first,
			Messages: w.engine.CountMessages(),
			Requests: w.engine.CountCalls(0),
		}
		last := w.engine.CallsBefore(0, 0, 1, func(helliotest.Request) bool { return true })
		if len(last) > 0 {
			views[i].LastCall = control.AtOrNull(last[0].At)
		}
	}
	return views
}

// stateView is what every view of the page needs.
type stateView struct {
	// another one: all that the page knows of this world is gone
	Life string `json:"life"`
	Now  string `json:"now"`
	Kept int    `json:"kept"` // how many messages the world keeps; 0 = all
	// the last call that was refused or that violated, unless its operation has
	// succeeded since
	Refused *control.Exchange `json:"refused"`
	Last    int64             `json:"last"` // the ID of the newest call or message
	Holds   map[string]int    `json:"holds"`
}

func (ws *worldSet) getState(rw http.ResponseWriter, _ *http.Request, w *world) error {
	view := stateView{
		Life:    ws.lifeOf(w),
		Now:     w.fake.Now().Format(preciseTime),
		Kept:    ws.retention,
		Refused: refusedCall(w.engine),
		Last:    w.engine.LastID(),
		Holds:   w.engine.Holds(),
	}
	respond(rw, http.StatusOK, view)
	return nil
}

func (ws *worldSet) lifeOf(w *world) string {
	ws.mu.RLock()
	defer ws.mu.RUnlock()
	return w.life
}

// messagePage is a part of the list of messages.
type messagePage struct {
	Life  string `json:"life"`
	Total int    `json:"total"` // that pass and are not cleared
	Newer int    `json:"newer"` // of them after "seen"
	// newest first
	Rows []helliotest.Message `json:"rows"`
	// the IDs of those whose call had what no correct client sends
	Violating []int64 `json:"violating"`
}

func (ws *worldSet) getInboxMessages(rw http.ResponseWriter, r *http.Request, w *world) error {
	filter, err := newMessageFilter(r.URL.Query())
	if err != nil {
		return err
	}
	part, err := newPagePart(r.URL.Query())
	if err != nil {
		return err
	}
	since := append(slices.Clip(filter.filters), helliotest.After(part.cleared))
	page := messagePage{
		Life:  ws.lifeOf(w),
		Total: w.engine.CountMessages(since...),
	}
	if part.seen > 0 {
		page.Newer = w.engine.CountMessages(append(slices.Clip(since),
			helliotest.After(part.seen))...)
	}
	found, violating := w.engine.MessagesBefore(part.before, part.limit,
		append(slices.Clip(since), helliotest.After(part.after))...)
	page.Rows, page.Violating = append([]helliotest.Message{}, found...),
		append([]int64{}, violating...)
	respond(rw, http.StatusOK, page)
	return nil
}

// detailView is all about one message.
type detailView struct {
	Now        string                `json:"now"`
	Message    helliotest.Message    `json:"message"`
	Encoding   string                `json:"encoding"` // GSM-7 or UCS-2
	Characters int                   `json:"characters"`
	Forced     *string               `json:"forced"`  // the first character that GSM-7 lacks
	Code       *codeView             `json:"code"`    // null = the message is no one-time password
	Request    *control.Exchange     `json:"request"` // null = not known
	Deliveries []helliotest.Delivery `json:"deliveries"`
	Disabled   []int64               `json:"disabled"` // the webhooks that receive nothing
}

// getInboxMessage answers null for a message that has left: the page may ask
// just as its world is reset, and a browser would print a 404 in red.
func getInboxMessage(rw http.ResponseWriter, r *http.Request, w *world) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return notFound("message")
	}
	m, found := w.engine.LookupMessage(id)
	if !found {
		respond(rw, http.StatusOK, nil)
		return nil
	}
	counted := hellio.CountSegments(m.Message)
	view := detailView{
		Message:    m,
		Encoding:   string(counted.Encoding),
		Characters: counted.Characters,
		Code:       viewCode(w, m),
		Request:    viewExchange(w.engine, m.ID),
		Deliveries: w.engine.DeliveriesOf(m.ID),
		Disabled:   []int64{},
		Now:        w.fake.Now().Format(preciseTime),
	}
	for _, hook := range w.fake.Webhooks() {
		if !hook.Active {
			view.Disabled = append(view.Disabled, hook.ID)
		}
	}
	if counted.Forced != 0 {
		forced := string(counted.Forced)
		view.Forced = &forced
	}
	respond(rw, http.StatusOK, view)
	return nil
}
