package main

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/near"
)

// route is a method and a path outside /v1, and what answers it.
type route struct {
	method string
	// segments in braces stand for any one: /_fake/tokens/{token}; the handler
	// asks r.PathValue for it, unescaped
	path   string
	query  []string // the parameters that it takes; any other is refused
	open   bool     // it asks for no token
	handle worldHandler
}

// worldHandler answers one call in the world of its token, which is nil on an
// open route. It writes an answer, or returns an error and writes nothing; an
// error that is no refusal is a value that can't be.
type worldHandler func(rw http.ResponseWriter, r *http.Request, w *world) error

// controlAPI is what the program serves outside /v1. Neither rate limit, IP
// list nor faults apply to it.
type controlAPI struct {
	worlds *worldSet
	routes []route
}

func newControl(worlds *worldSet) *controlAPI {
	c := &controlAPI{worlds: worlds}
	c.routes = slices.Concat( // one line a file
		aboutRoutes(),
		worldRoutes(worlds),
		tokenRoutes(worlds),
		accountRoutes(worlds),
		messageRoutes(),
		otpRoutes(),
		requestRoutes(),
		deliveryRoutes(),
		webhookRoutes(),
		faultRoutes(),
		clockRoutes(),
		eventRoutes(),
		inboxRoutes(worlds),
	)
	return c
}

// ServeHTTP implements http.Handler.
func (c *controlAPI) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if err := c.serve(rw, r); err != nil {
		var refused *refusal
		if !errors.As(err, &refused) {
			refused = invalid(err)
		}
		refused.write(rw)
	}
}

func (c *controlAPI) serve(rw http.ResponseWriter, r *http.Request) error {
	rt, err := c.find(rw, r)
	if err != nil {
		return err
	}
	var w *world
	if !rt.open {
		if w = c.worlds.controlled(bearer(r)); w == nil {
			return unauthenticated()
		}
	}
	if err := checkQuery(r, rt.query); err != nil {
		return err
	}
	if w == nil {
		return rt.handle(rw, r, nil)
	}
	return rt.handleIn(w, rw, r)
}

// handleIn handles a call in a world that may be deleted meanwhile: a Fake that
// has ended panics or returns an error, and the token names no world any more.
func (rt *route) handleIn(w *world, rw http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		if !w.gone.Load() {
			return
		}
		if cause := recover(); cause != nil || err != nil {
			err = unauthenticated()
		}
	}()
	return rt.handle(rw, r, w)
}

// find returns the route of a call, and sets its path's values in the request.
// GET answers HEAD too.
func (c *controlAPI) find(rw http.ResponseWriter, r *http.Request) (*route, error) {
	allowed := make(map[string]*route)
	for i := range c.routes {
		rt := &c.routes[i]
		if !rt.matches(r) {
			continue
		}
		allowed[rt.method] = rt
		if rt.method == http.MethodGet {
			allowed[http.MethodHead] = rt
		}
	}
	if len(allowed) == 0 {
		return nil, c.unknownRoute(r.URL.EscapedPath())
	}
	rt := allowed[r.Method]
	if rt == nil {
		rw.Header().Set("Allow", strings.Join(slices.Sorted(maps.Keys(allowed)), ", "))
		return nil,
			refuse(http.StatusMethodNotAllowed, contract.CodeMethodNotAllowed,
				"The method is not supported for this route.")
	}
	return rt, nil
}

// unknownRoute is the 404 of a path, with a route that is near.
func (c *controlAPI) unknownRoute(path string) error {
	known := make([]string, len(c.routes))
	for i, rt := range c.routes {
		known[i] = rt.path
	}
	if nearest := near.Name(path, known); nearest != "" {
		return refuse(http.StatusNotFound, contract.CodeNotFound,
			"The route could not be found, did you mean %s?", nearest)
	}
	return notFound("route")
}

// matches compares the segments of an escaped path, so that a value may hold an
// escaped slash.
func (rt *route) matches(r *http.Request) bool {
	path, segments := strings.Split(r.URL.EscapedPath(), "/"), strings.Split(rt.path, "/")
	if len(path) != len(segments) {
		return false
	}
	for i, segment := range segments {
		text, err := url.PathUnescape(path[i])
		if err != nil {
			return false
		}
		name, isValue := strings.CutPrefix(segment, "{")
		switch {
		case isValue && text != "":
			r.SetPathValue(strings.TrimSuffix(name, "}"), text)
		case isValue || text != segment:
			return false
		}
	}
	return true
}

// checkQuery refuses parameters that can't be read, that are given twice, or
// that the route does not know.
func checkQuery(r *http.Request, known []string) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return errors.New("the query can't be read")
	}
	for name, values := range query {
		switch {
		case !slices.Contains(known, name):
			return near.Unknown("parameter", name, known)
		case len(values) > 1:
			return unprocessable(codeInvalid, "the parameter %s is given twice", name)
		}
	}
	return nil
}
