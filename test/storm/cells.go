package storm

import (
	"slices"
	"time"
)

// Cell is a place in the table of faults, classes and protocols.
type Cell struct {
	Fault Fault
	Class Class
	Proto Proto
}

// absence is a set of cells that can't exist. An empty list stands for all.
type absence struct {
	only    func(faultKind) bool // nil: every fault
	classes []Class
	protos  []Proto
	reason  string
}

// absences lists each cell that is not in the table, with the reason. The run fails if one of them is reached.
var absences = []absence{
	{func(f faultKind) bool { return f.deadline > 0 && f.deadline < time.Second }, []Class{Keyed, Unkeyed}, nil, "a paid request does not begin in the last second before its deadline"},
	{func(f faultKind) bool { return f.layer == atDial }, nil, []Proto{Reused}, "a connection that stands is not dialled"},
	{func(f faultKind) bool { return f.layer == atIdle }, nil, []Proto{Fresh}, "a fresh connection was never idle"},
	{func(f faultKind) bool { return f.http1 }, nil, []Proto{HTTP2}, "HTTP/2 has no status line, no chunks and no answer that ends with its connection"},
	{func(f faultKind) bool { return f.http2 }, nil, []Proto{Fresh, Reused}, "a frame of HTTP/2"},
	{func(f faultKind) bool { return f.body }, []Class{Get, Delete}, nil, "the request has no body"},
	{func(f faultKind) bool { return f.keyed }, []Class{Get, Delete, Unkeyed, Nonpaying}, nil, "the request carries no idempotency key"},
	{func(f faultKind) bool { return f.rotates }, []Class{Unkeyed, Nonpaying}, nil, "a call that is not tried again asks for no second token"},
}

// whyAbsent gives the reason for which a cell can't exist, "" if it can.
func whyAbsent(c Cell) string {
	for _, a := range absences {
		if (a.only == nil || a.only(catalogue[c.Fault])) && has(a.classes, c.Class) && has(a.protos, c.Proto) {
			return a.reason
		}
	}
	return ""
}

func has[T comparable](list []T, v T) bool { return list == nil || slices.Contains(list, v) }

// allCells gives the whole table in a fixed order.
func allCells() []Cell {
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

func possibleCells() []Cell {
	return slices.DeleteFunc(allCells(), func(c Cell) bool { return whyAbsent(c) != "" })
}
