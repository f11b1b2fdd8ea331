package helliotest

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// titles say what each kind of finding is.
var titles = map[FindingKind]string{
	FoundTwice:     "a message was sent twice",
	FoundLost:      "a message was lost, and fn returned nil",
	FoundMoney:     "the money differs",
	FoundViolation: "a call is none that a correct client makes",
	FoundPanic:     "fn panicked or failed",
	FoundStuck:     "fn did not end",
	FoundGoroutine: "fn left goroutines behind",
	FoundCheck:     "a check failed",
}

func (p *problem) title() string {
	if p.kind == FoundCheck {
		return fmt.Sprintf("the check %q failed", p.check)
	}
	return titles[p.kind]
}

// reports returns the text of each finding.
func (x *explorer) reports() []string {
	var texts []string
	for _, f := range x.sorted() {
		texts = append(texts, x.report(f))
	}
	return texts
}

func (x *explorer) report(f *groupedFinding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%d of %d schedules)", f.title(), f.runs, x.schedules())
	for _, codeLine := range codeOf(f.faults) {
		b.WriteString("\n    " + codeLine)
	}
	b.WriteString("\n" + indented(f.what))
	if f.returned != f.what {
		b.WriteString("\n" + indented(f.returned))
	}
	if x.cfg.only == nil {
		fmt.Fprintf(&b, "; seen in %d of %d runs; run it alone with helliotest.ExploreOnly",
			f.seen+1, repeats+1)
	}
	b.WriteString("\n" + indented(f.story))
	return b.String()
}

// schedules is how many schedules ran, without the repeats of findings.
func (x *explorer) schedules() int {
	if x.cfg.only != nil {
		return 1
	}
	return cleanRuns + x.done.Singles + x.done.Crashes + x.done.Pairs
}

// summary returns what Explore did, in one line, and after ExploreOnly the
// story of its run.
func (x *explorer) summary() string {
	if x.cfg.only != nil {
		return fmt.Sprintf("the schedule of ExploreOnly broke %s\n%s",
			plural(len(x.found), "check"), indented(x.only))
	}
	text := fmt.Sprintf("%s of %s: %d clean, %d single, %d crash, %d pairs; %s",
		plural(x.schedules(), "schedule"), plural(x.done.Calls, "call"), cleanRuns, x.done.Singles,
		x.done.Crashes, x.done.Pairs, plural(len(x.found), "finding"))
	if x.done.PairsLeftOut > 0 {
		text += fmt.Sprintf("; %d pairs left out", x.done.PairsLeftOut)
	}
	if x.done.Allowed > 0 {
		text += "; " + plural(x.done.Allowed, "finding") + " allowed"
	}
	return text + "; " + time.Since(x.began).Round(time.Millisecond).String()
}

// indented puts each line below the sentence of a report.
func indented(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
}

// fineTimes are the times of a journal's lines that have a fraction.
var fineTimes = regexp.MustCompile(`(?m)^ *[0-9hm]*\d\.\d+m?s`)

// story returns the journal of the run, and what fn has logged.
func (s *exploredRun) story() string {
	text := fineTimes.ReplaceAllStringFunc(s.fake.journal(), func(fine string) string {
		d, _ := time.ParseDuration(strings.TrimSpace(fine))
		return fmt.Sprintf("%12s", d.Round(time.Millisecond))
	})
	s.mu.Lock()
	log := s.log
	s.mu.Unlock()
	if log != "" {
		text += "\nlog of the run:\n" + log
	}
	return s.redact(text)
}

// returned says what came of the last attempt, with the text of its error if it
// is to be quoted, which takes time.
func (s *exploredRun) returned(quoted bool) string {
	switch {
	case s.end.how != endReturned:
		return s.redact("fn " + s.end.text())
	case s.end.err == nil:
		return "fn returned nil"
	case !quoted:
		return "fn returned an error"
	}
	return s.redact("fn returned an error: " + s.end.err.Error())
}

// shortestText is the length in characters from which a message's text is
// masked. A shorter one is part of many words.
const shortestText = 4

// longDigits are the numbers that redact masks. The first two forms, of keys
// and of times, stay.
var longDigits = regexp.MustCompile(
	`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d\.\d+m?s|\d{7,}`)

// redact masks the tokens, codes, texts and numbers of the run in a text that
// may quote them.
func (s *exploredRun) redact(text string) string {
	masks := s.masks()
	longestFirst := slices.SortedFunc(maps.Keys(masks), func(a, b string) int {
		return cmp.Or(len(b)-len(a), strings.Compare(a, b))
	})
	for _, secret := range longestFirst {
		text = strings.ReplaceAll(text, secret, masks[secret])
	}
	return longDigits.ReplaceAllStringFunc(text, func(digits string) string {
		if strings.ContainsAny(digits, "-.") {
			return digits
		}
		return masked(digits)
	})
}

// masks returns what the run must not report, and what stands for it.
func (s *exploredRun) masks() map[string]string {
	f := s.fake
	f.mu.Lock()
	defer f.mu.Unlock()
	masks := make(map[string]string)
	for secret := range f.world.tokens {
		masks[secret] = "[token]"
	}
	for _, m := range f.world.messages.rows {
		if m.origin != nil && m.origin.op() == OTPSend {
			code, _, _ := strings.Cut(m.Text, " ")
			masks[code] = "[code]"
		}
	}
	for _, l := range f.world.requests {
		members, _ := decodeAny(l.Body).(map[string]any)
		for _, name := range []string{"message", "text"} {
			if text, _ := members[name].(string); utf8.RuneCountInString(text) >= shortestText {
				masks[text] = "[text]"
			}
		}
		for _, to := range destinations(l.Body) {
			if strings.Contains(to, "@") {
				masks[to] = masked(to)
			}
		}
	}
	return masks
}
