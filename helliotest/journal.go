package helliotest

import (
	"fmt"
	"strings"
)

// journalLines is how much of the journal goes to a failed test's log: the newest calls.
const journalLines = 40

// journal writes the calls as a table: time since the first, call, verdict, key, charge, fault. No token, body, number or code is in it.
func (f *Fake) journal() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	calls := f.world.requests
	var b strings.Builder
	fmt.Fprintf(&b, "helliotest: %d calls", len(calls))
	for _, l := range calls[max(0, len(calls)-journalLines):] {
		fmt.Fprintf(&b, "\n%12s  %-4s %-24s %s", l.at.Sub(calls[0].at), l.call.method, l.route(), l.verdict())
	}
	return b.String()
}

// route is the contract's route, as a path may hold a number.
func (l *logged) route() string {
	if l.call.route == nil {
		return "(unknown route)"
	}
	return l.call.route.op.Route
}

func (l *logged) verdict() string {
	parts := []string{l.answer()}
	if l.replayed {
		parts = append(parts, "replayed")
	}
	if l.key != "" {
		parts = append(parts, "key="+l.key)
	}
	if l.charge != 0 {
		parts = append(parts, "charge="+l.charge.String())
	}
	if l.fault != "" {
		parts = append(parts, "fault="+l.fault)
	}
	return strings.Join(parts, " ")
}

// answer is the status and the error code.
func (l *logged) answer() string {
	if l.status == 0 {
		return "no answer"
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", l.status, l.code))
}
