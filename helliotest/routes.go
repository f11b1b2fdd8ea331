package helliotest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/hellio-go/hellio/internal/contract"
)

// apiRoutes returns the routes, in the order of the API's chapters.
func apiRoutes() []apiRoute {
	return slices.Concat(
		loginRoutes(),
		smsRoutes(),
		messageRoutes(),
		campaignRoutes(),
		otpRoutes(),
		voiceRoutes(),
		lookupRoutes(),
		emailRoutes(),
		balanceRoutes(),
		pricingRoutes(),
		webhookRoutes(),
		ussdPricingRoutes(),
		ussdAppRoutes(),
		ussdExtensionRoutes(),
		ussdSessionRoutes(),
		ussdSimulateRoutes(),
	)
}

// apiRoute is an operation and what answers it. The handler runs with the
// engine locked; what must wait goes through call.outside.
type apiRoute struct {
	op     contract.Operation
	handle func(w *world, c *apiCall) *reply
	limit  func(w *world, c *apiCall) bucket // besides that of the token; nil: none
	path   string                            // with /v1; set by newRouter
}

// router finds the routes of a path by the contract's route, then by method.
type router map[string]map[string]*apiRoute

// routes never changes. init makes it, because its handlers refer to it.
var routes router

func init() { routes = newRouter(apiRoutes()) }

func newRouter(all []apiRoute) router {
	table := make(router)
	for _, r := range all {
		if table[r.op.Route] == nil {
			table[r.op.Route] = make(map[string]*apiRoute)
		}
		r.path = contract.Root + r.op.Route
		table[r.op.Route][r.op.Method] = &r
	}
	return table
}

// match returns the routes of an escaped path below /v1, and the id in it. A
// literal route wins over one with an id.
func (t router) match(path string) (methods map[string]*apiRoute, id string) {
	if methods = t[path]; methods != nil {
		return methods, ""
	}
	segments := strings.Split(path, "/")
	for i := len(segments) - 1; i > 0; i-- {
		segment := segments[i]
		segments[i] = "{id}"
		methods = t[strings.Join(segments, "/")]
		segments[i] = segment
		if id, err := url.PathUnescape(segment); err == nil && id != "" && methods != nil {
			return methods, id
		}
	}
	return nil, ""
}

// routeOf returns the route of a call, or nil.
func routeOf(method, path string) *apiRoute {
	below, rooted := cutRoot(path)
	if !rooted {
		return nil
	}
	methods, _ := routes.match(below)
	return methods[method]
}

// findRoute is the first stage. A call that it refuses does not reach the
// limiter, so the answer has no limiter headers.
func (c *apiCall) findRoute() *reply {
	path, below := cutRoot(c.path)
	if !below {
		return c.unknownRoute()
	}
	methods, id := routes.match(path)
	if methods == nil {
		return c.unknownRoute()
	}
	if c.route = methods[c.method]; c.route == nil {
		allowed := strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
		c.violate("the API has no " + c.method + " on this route, only " + allowed)
		r := refuse(http.StatusMethodNotAllowed, contract.CodeMethodNotAllowed,
			"The "+c.method+" method is not supported for this route.")
		r.header = http.Header{"Allow": {allowed}}
		return r
	}
	c.id = id
	c.log.found(c)
	return nil
}

func (c *apiCall) unknownRoute() *reply {
	c.violate(unknownPath(c.path))
	return refuse(http.StatusNotFound, contract.CodeNotFound, unknownPathAnswer(c.path))
}
