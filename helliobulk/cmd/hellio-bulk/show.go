package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/hellio-go/hellio/helliobulk"
)

// event is a line of -json. Only the fields that belong to the event are there.
type event struct {
	Event    string                  `json:"event"` // "planned", "estimate", "progress", "review" or "end", which is the last
	Report   *helliobulk.Report      `json:"report,omitempty"`
	Invalid  map[string]int          `json:"invalid,omitempty"` // by reason
	Estimate *helliobulk.Estimate    `json:"estimate,omitempty"`
	Seconds  *seconds                `json:"seconds,omitempty"`
	Chunk    *helliobulk.ChunkStatus `json:"chunk,omitempty"`

	Sighting *helliobulk.Sighting `json:"sighting,omitempty"` // what the API lists of the chunk

	Exit  *int   `json:"exit,omitempty"` // the exit status
	Error string `json:"error,omitempty"`
	Next  []step `json:"next,omitempty"`
}

// seconds are of a progress.
type seconds struct {
	Passed float64  `json:"passed"`
	Left   *float64 `json:"left"` // null: not known yet
	Rate   float64  `json:"rate"` // recipients a second, in this run
}

// emit writes an event; what can't be written there can't be complained of there.
func (c *console) emit(e event) { _ = json.NewEncoder(c.out).Encode(e) }

// table writes lines of a name and a value.
func table(w io.Writer, lines [][2]string) {
	out := tabwriter.NewWriter(w, 15, 0, 2, ' ', 0)
	for _, l := range lines {
		fmt.Fprintf(out, "%s\t%s\n", l[0], l[1])
	}
	_ = out.Flush()
}

// showPlan tells what was read. w is where people look.
func (c *console) showPlan(w io.Writer, b *helliobulk.Batch) error {
	reasons := map[string]int{}
	var first []string
	for r, err := range b.Invalid() {
		if err != nil {
			return err
		}
		if reasons[r.Reason]++; len(first) < 5 {
			first = append(first, strconv.Itoa(r.Line))
		}
	}
	r := b.Report()
	if c.json {
		c.emit(event{Event: "planned", Report: &r, Invalid: reasons})
		return nil
	}
	lines := [][2]string{
		{"batch", r.BatchID}, {"entries", thousands(r.Given)}, {"duplicates", thousands(r.Duplicates)},
	}
	if r.Excepted > 0 {
		lines = append(lines, [2]string{"left out", thousands(r.Excepted) + ", whom other batches have reached"})
	}
	lines = append(lines, [2]string{"invalid", thousands(r.Invalid)})
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		lines = append(lines, [2]string{"", thousands(reasons[reason]) + " " + reason})
	}
	if r.Invalid > 0 {
		lines = append(lines, [2]string{"", "entry " + strings.Join(first, ", ") + "; status -invalid lists all"})
	}
	table(w, append(lines, [2]string{"recipients", thousands(r.Recipients) + " in " + some(r.Chunks, "call")}))
	return nil
}

// showEstimate tells the price.
func (c *console) showEstimate(w io.Writer, e *helliobulk.Estimate) {
	if c.json {
		c.emit(event{Event: "estimate", Estimate: e})
		return
	}
	cost := e.Low.String()
	if e.High.String() != cost {
		cost += " to " + e.High.String()
	}
	lines := [][2]string{{"segments", thousands(int(e.Segments))}, {"cost", cost + " " + e.Currency}}
	if e.Unpriced > 0 {
		lines = append(lines, [2]string{"", thousands(e.Unpriced) + " recipients in countries without a listed price are not in it"})
	}
	time := "less than a minute"
	if e.Shortest > 0 {
		time = e.Shortest.String() + " at the rate limit"
	}
	table(w, append(lines, [2]string{"available", e.Available.String() + " " + e.Currency}, [2]string{"shortest time", time}))
}

// showReport tells where a batch stands.
func (c *console) showReport(b *helliobulk.Batch) {
	r := b.Report()
	c.final = &r
	if c.json {
		return
	}
	lines := [][2]string{{"batch", r.BatchID}, {"accepted", thousands(r.Accepted) + " of " + some(r.Recipients, "recipient")}}
	if r.InvalidAtAPI > 0 {
		lines = append(lines, [2]string{"", thousands(r.InvalidAtAPI) + " the API counts as invalid; they cost nothing"})
	}
	for _, state := range []struct {
		name  string
		count helliobulk.Count
	}{
		{"rejected", r.Rejected}, {"open", r.Open}, {"unknown", r.Unknown}, {"needs review", r.NeedsReview}, {"stored answers", r.Reused}, {"passed on", r.PassedOn},
	} {
		if state.count.Chunks > 0 {
			lines = append(lines, [2]string{state.name, some(state.count.Recipients, "recipient") + " in " + some(state.count.Chunks, "chunk")})
		}
	}
	lines = append(lines, [2]string{"dropped", some(r.Duplicates, "duplicate") + ", " + thousands(r.Invalid) + " invalid"})
	lines = append(lines, [2]string{"cost", money(r)})
	if n := r.ByHand.Recipients; n > 0 {
		lines = append(lines, [2]string{"", "what " + some(n, "recipient") + " cost is not known: resolved by hand"})
	}
	table(c.out, lines)
}

// money is what a batch cost so far.
func money(r helliobulk.Report) string {
	if len(r.Costs) == 0 {
		return "nothing"
	}
	var sums []string
	for _, m := range r.Costs {
		sums = append(sums, m.Amount.String()+" "+m.Currency)
	}
	return strings.Join(sums, ", ")
}

// some writes how many there are of something.
func some(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return thousands(n) + " " + what
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}
