package main

import "net/http"

// appView is a USSD app as the page shows it.
type appView struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	CallbackURL string `json:"callback_url"`
}

// getInboxUSSD lists the apps without a call of the API, which would use up
// faults and the rate limit.
func getInboxUSSD(rw http.ResponseWriter, _ *http.Request, w *world) error {
	views := []appView{}
	w.engine.EachUSSDApp(func(id, name, callbackURL string) {
		views = append(views, appView{ID: id, Name: name, CallbackURL: callbackURL})
	})
	respond(rw, http.StatusOK, views)
	return nil
}
