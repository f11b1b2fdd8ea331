package storm

import (
	"slices"
	"time"
)

// Cell is one combination of fault, class and protocol in the matrix.
type Cell struct {
	Fault Fault
	Class Class
	Proto Proto
}

// absence is a set of cells that cannot occur. A nil list stands for all.
type absence struct {
	matches func(faultKind) bool
	classes []Class
	protos  []Proto
	reason  string
}

// absences lists each cell that cannot occur, with the reason. A run that
// reaches one of them fails.
var absences = []absence{
	{
		matches: func(f faultKind) bool { return f.deadline > 0 && f.deadline < time.Second },
		classes: []Class{Keyed, Unkeyed},
		reason:  "the client starts no billable request in the last second before its deadline",
	},
	{
		matches: func(f faultKind) bool { return f.layer == atDial },
		protos:  []Proto{Reused},
		reason:  "the client does not dial an open connection",
	},
	{
		matches: func(f faultKind) bool { return f.layer == atIdle },
		protos:  []Proto{Fresh},
		reason:  "a fresh connection was never idle",
	},
	{
		matches: func(f faultKind) bool { return f.http1 },
		protos:  []Proto{HTTP2},
		reason:  "HTTP/2 has no status line, no chunks and no body that ends with the connection",
	},
	{
		matches: func(f faultKind) bool { return f.http2 },
		protos:  []Proto{Fresh, Reused},
		reason:  "the fault is an HTTP/2 frame",
	},
	{
		matches: func(f faultKind) bool { return f.body },
		classes: []Class{Get, Delete},
		reason:  "the request has no body",
	},
	{
		matches: func(f faultKind) bool { return f.keyed },
		classes: []Class{Get, Delete, Unkeyed, Nonpaying},
		reason:  "the request has no idempotency key",
	},
	{
		matches: func(f faultKind) bool { return f.rotates },
		classes: []Class{Unkeyed, Nonpaying},
		reason:  "a call without a retry asks for no second token",
	},
}

// whyAbsent returns the reason why a cell cannot occur, or "" if it can.
func whyAbsent(c Cell) string {
	for _, a := range absences {
		if a.matches(catalogue[c.Fault]) && has(a.classes, c.Class) && has(a.protos, c.Proto) {
			return a.reason
		}
	}
	return ""
}

func has[T comparable](list []T, v T) bool { return list == nil || slices.Contains(list, v) }

// matrixCells returns the whole matrix in a fixed order.
func matrixCells() []Cell {
	var cells []Cell
	for _, f := range faultNames() {
		for _, c := range classes {
			for _, p := range protos {
				cells = append(cells, Cell{f, c, p})
			}
		}
	}
	return cells
}

// possibleCells returns the cells that can occur.
func possibleCells() []Cell {
	return slices.DeleteFunc(matrixCells(), func(c Cell) bool { return whyAbsent(c) != "" })
}
