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

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
)

// event is a line of -json. Only the fields that belong to the event are there.
type event struct {
	// Event is "planned", "estimate", "preview", "progress", "review" or "end",
	// which is the last.
	Event    string                  `json:"event"`
	Report   *helliobulk.Report      `json:"report,omitempty"`
	Invalid  map[string]int          `json:"invalid,omitempty"` // by reason
	Estimate *helliobulk.Estimate    `json:"estimate,omitempty"`
	Preview  *previewed              `json:"preview,omitempty"`
	Seconds  *seconds                `json:"seconds,omitempty"`
	Chunk    *helliobulk.ChunkStatus `json:"chunk,omitempty"`
	Sighting *helliobulk.Sighting    `json:"sighting,omitempty"` // what the API lists of the chunk

	Exit  *int   `json:"exit,omitempty"` // the exit status
	Error string `json:"error,omitempty"`
	Next  []step `json:"next,omitempty"`
}

// previewed is what -json says of the first text.
type previewed struct {
	Characters int             `json:"characters"`
	Alphabet   hellio.Encoding `json:"alphabet"`
	Segments   int             `json:"segments"`
	Forced     string          `json:"forced,omitempty"` // the character that forces UCS-2
	Braces     []string        `json:"braces,omitempty"`
}

// seconds are of a progress.
type seconds struct {
	Passed float64  `json:"passed"`
	Left   *float64 `json:"left"` // null: not known yet
	Rate   float64  `json:"rate"` // recipients per second, in this run
}

// emit writes an event; an error of that writer has no other place to go.
func (c *console) emit(e event) { _ = json.NewEncoder(c.out).Encode(e) }

// table writes lines of a name and a value.
func table(w io.Writer, lines [][2]string) {
	out := tabwriter.NewWriter(w, 15, 0, 2, ' ', 0)
	for _, l := range lines {
		fmt.Fprintf(out, "%s\t%s\n", l[0], l[1])
	}
	_ = out.Flush()
}

// showPlan shows what was read; w is what people read.
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
		{"batch", r.BatchID},
		{"entries", thousands(r.Given)},
		{"duplicates", thousands(r.Duplicates)},
	}
	if r.Excepted > 0 {
		text := thousands(r.Excepted) + ", whom other batches have reached"
		lines = append(lines, [2]string{"left out", text})
	}
	lines = append(lines, [2]string{"invalid", thousands(r.Invalid)})
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		lines = append(lines, [2]string{"", thousands(reasons[reason]) + " " + reason})
	}
	if r.Invalid > 0 {
		text := "line " + strings.Join(first, ", ") + "; status -invalid lists all"
		lines = append(lines, [2]string{"", text})
	}
	text := thousands(r.Recipients) + " in " + some(r.Chunks, "call")
	table(w, append(lines, [2]string{"recipients", text}))
	return nil
}

// showEstimate shows the price.
func (c *console) showEstimate(w io.Writer, e *helliobulk.Estimate) {
	if c.json {
		c.emit(event{Event: "estimate", Estimate: e})
		return
	}
	cost := e.Low.String()
	if e.High.String() != cost {
		cost += " to " + e.High.String()
	}
	lines := [][2]string{
		{"segments", thousands(int(e.Segments))},
		{"cost", cost + " " + e.Currency},
	}
	if e.Low.String() != e.High.String() {
		for _, p := range e.Prices {
			text := p.Price.String() + " a segment on " + strings.TrimSpace(p.Country+" "+p.Network)
			lines = append(lines, [2]string{"", text})
		}
	}
	if e.Unpriced > 0 {
		text := some(e.Unpriced, "recipient") + " in countries without a listed price not included"
		lines = append(lines, [2]string{"", text})
	}
	time := "less than a minute"
	if e.Shortest > 0 {
		time = e.Shortest.String() + " at the rate limit"
	}
	table(w, append(lines,
		[2]string{"available", e.Available.String() + " " + e.Currency},
		[2]string{"shortest time", time}))
}

// showPreview shows the first text, at a terminal, and what it costs in
// segments.
func (c *console) showPreview(b *helliobulk.Batch) error {
	p, err := b.Preview()
	if err != nil {
		return err
	}
	forced := ""
	if p.Segments.Forced != 0 {
		forced = fmt.Sprintf("%c (%U)", p.Segments.Forced, p.Segments.Forced)
	}
	if c.json {
		c.emit(event{Event: "preview", Preview: &previewed{
			Characters: p.Segments.Characters,
			Alphabet:   p.Segments.Encoding,
			Segments:   p.Segments.Segments,
			Forced:     forced,
			Braces:     p.Braces,
		}})
		return nil
	}
	length := fmt.Sprintf("%s, %s, %s", some(p.Segments.Characters, "character"),
		p.Segments.Encoding, some(p.Segments.Segments, "segment"))
	lines := [][2]string{{"first text", length}}
	if c.asks {
		lines = nil
		for line := range strings.SplitSeq(p.Text, "\n") {
			lines = append(lines, [2]string{"", line})
		}
		lines[0][0] = "first text"
		lines = append(lines, [2]string{"", length})
	}
	if forced != "" {
		lines = append(lines,
			[2]string{"", forced + " is not in GSM-7: 70 characters a segment, not 160"})
	}
	if len(p.Braces) > 0 {
		text := strings.Join(p.Braces, " ") + " is sent as it is; a placeholder has two braces"
		lines = append(lines, [2]string{"", text})
	}
	table(c.err, lines)
	return nil
}

// showReport shows the state of a batch.
func (c *console) showReport(b *helliobulk.Batch) {
	r := b.Report()
	c.final = &r
	if c.json {
		return
	}
	lines := [][2]string{
		{"batch", r.BatchID},
		{"accepted", thousands(r.Accepted) + " of " + some(r.Recipients, "recipient")},
	}
	if r.InvalidAtAPI > 0 {
		text := thousands(r.InvalidAtAPI) + " the API counts as invalid; they cost nothing"
		lines = append(lines, [2]string{"", text})
	}
	for _, state := range []struct {
		name  string
		count helliobulk.Count
	}{
		{"rejected", r.Rejected},
		{"open", r.Open},
		{"unknown", r.Unknown},
		{"needs review", r.NeedsReview},
		{"stored answers", r.Reused},
		{"passed on", r.PassedOn},
	} {
		if n := state.count; n.Chunks > 0 {
			text := some(n.Recipients, "recipient") + " in " + some(n.Chunks, "chunk")
			lines = append(lines, [2]string{state.name, text})
		}
	}
	dropped := some(r.Duplicates, "duplicate") + ", " + thousands(r.Invalid) + " invalid"
	lines = append(lines, [2]string{"dropped", dropped}, [2]string{"cost", money(r)})
	if n := r.ByHand.Recipients; n > 0 {
		text := "what " + some(n, "recipient") + " cost is not known: resolved by hand"
		lines = append(lines, [2]string{"", text})
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
