package main

import (
	"net/http"
	"strconv"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// maxListed is how many messages the page gets at once: the newest (decided).
const maxListed = 5000

// preciseTime is timestamp with milliseconds, for what the page counts down.
const preciseTime = "2006-01-02T15:04:05.000-07:00"

// worldView is a world as the page receives it.
type worldView struct {
	Token string `json:"token"`
	Name  string `json:"name"` // "" = none
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
	ws.mu.RLock()
	defer ws.mu.RUnlock()
	views := make([]worldView, len(ws.all))
	for i, w := range ws.all {
		views[i] = worldView{Token: w.token, Name: w.name}
	}
	return views
}

// inboxView is the list that the page shows.
type inboxView struct {
	// another one: all that the page knows of this world is gone
	Life  string `json:"life"`
	Now   string `json:"now"`
	Kept  int    `json:"kept"`  // how many messages the world keeps; 0 = all
	Total int    `json:"total"` // that pass to, contains and channel
	// the last call if it was refused, because no message shows it, or if it
	// violated
	Refused *exchangeView `json:"refused"`
	// those of them that come after "after", newest first, at most maxListed
	Messages []helliotest.Message `json:"messages"`
	// the ids of those whose call had what no correct client sends
	Violating []int64 `json:"violating"`
}

func (ws *worldSet) getInboxMessages(rw http.ResponseWriter, r *http.Request, w *world) error {
	filter, err := newMessageFilter(r.URL.Query())
	if err != nil {
		return err
	}
	ws.mu.RLock()
	view := inboxView{Life: w.life, Kept: ws.retention, Refused: refusedCall(w.engine)}
	ws.mu.RUnlock()
	view.Total, view.Now = w.engine.CountMessages(filter.filters...),
		w.fake.Now().Format(preciseTime)
	found, violating := w.engine.MessagesBefore(0, maxListed, filter.narrowed()...)
	view.Messages, view.Violating = append([]helliotest.Message{}, found...),
		append([]int64{}, violating...)
	respond(rw, http.StatusOK, view)
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
	Request    *exchangeView         `json:"request"` // null = not known
	Deliveries []helliotest.Delivery `json:"deliveries"`
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
		Code:       viewCode(w.fake, m),
		Request:    viewExchange(w.engine, m.ID),
		Deliveries: w.engine.DeliveriesOf(m.ID),
		Now:        w.fake.Now().Format(preciseTime),
	}
	if counted.Forced != 0 {
		forced := string(counted.Forced)
		view.Forced = &forced
	}
	respond(rw, http.StatusOK, view)
	return nil
}
