package hellioshadow

import (
	"slices"
	"strings"

	"github.com/hellio-go/hellio/internal/shapes"
)

// route is an operation of the table.
type route struct {
	name     string // "GET /messages/{id}"
	method   string
	segments []string // of the path, "" for any
	literals int
}

// routesOf returns the routes of the table, the most special first.
func routesOf(table *shapes.Table) []route {
	var routes []route
	for name := range table.Operations {
		method, path, _ := strings.Cut(name, " /")
		r := route{name: name, method: method, segments: strings.Split(path, "/")}
		for i, segment := range r.segments {
			if strings.HasPrefix(segment, "{") {
				r.segments[i] = ""
				continue
			}
			r.literals++
		}
		routes = append(routes, r)
	}
	slices.SortFunc(routes, func(a, b route) int {
		if a.literals != b.literals {
			return b.literals - a.literals
		}
		return len(b.segments) - len(a.segments)
	})
	return routes
}

// match returns the operation of a request, and its path before the route. The
// base URL may have any path, so a route is matched at the end.
func (s *Shadow) match(method, path string) (name, base string, ok bool) {
	segments := strings.Split(path, "/")
	for i := range s.routes {
		r := &s.routes[i]
		if r.method == method && r.ends(segments) {
			rest := segments[:len(segments)-len(r.segments)]
			return r.name, strings.Join(rest, "/"), true
		}
	}
	return "", "", false
}

// ends reports whether a path ends with the route.
func (r *route) ends(path []string) bool {
	if len(path) <= len(r.segments) { // a path begins with an empty segment
		return false
	}
	path = path[len(path)-len(r.segments):]
	for i, segment := range r.segments {
		if segment == "" && path[i] == "" || segment != "" && segment != path[i] {
			return false
		}
	}
	return true
}
