package main

import (
	"errors"
	"flag"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hellio-go/hellio/helliobulk"
)

// place is where a command is when it stops: what it was called with, and how
// far it came.
type place struct {
	c       *console
	flags   *flags
	store   string
	batch   string // id, where known
	planned bool   // the store holds the batch
	onward  string // the command that continues; "": resume
}

// stop makes an error the end of a command, with what to do next. nil stays
// nil.
func (p *place) stop(err error) error {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return err
	}
	f := failureOf(err)
	a := f.advice()
	steps := a.steps(p, f)
	if f.is(helliobulk.ErrNeedsReview) && a.status != statusReview {
		steps = append(steps, adviseReview(p, f)...)
	}
	if f.is(helliobulk.ErrRejected) && a.status != statusRejected {
		steps = append(steps, adviseRejected(p, f)...)
	}
	for i, s := range steps {
		if s.Command == "" && strings.HasSuffix(s.Do, " run") {
			steps[i].Do += " the same command again"
		}
	}
	return &stopped{status: a.status, cause: err, next: steps}
}

// then returns the one step that runs a command of the place.
func then(do string, command func(*place, ...string) string) func(*place, failure) []step {
	return func(p *place, _ failure) []step { return []step{{do, command(p)}} }
}

func adviseFlags(p *place, _ failure) []step {
	return []step{{"see the flags", p.c.command(p.flags.Name(), "-help")}}
}

func adviseURL(p *place, f failure) []step {
	command := "HELLIO_BASE_URL=" + quote(f.account.Want) + " " + p.onwards()
	return []step{{"call the API that the batch was planned for: run", command}}
}

func adviseOtherToken(p *place, f failure) []step {
	return []step{
		{"set HELLIO_API_TOKEN to the token with " + f.account.Want + ", then run", p.onwards()},
		{
			"or, if the token was replaced by this one of the same account, run",
			p.onwards("adopt-token"),
		},
	}
}

func adviseNewToken(p *place, _ failure) []step {
	if !p.planned {
		return []step{{"set HELLIO_API_TOKEN to a token that is valid, then run", p.again()}}
	}
	return []step{
		{"make the token valid again, then run", p.onwards()},
		{
			"or set HELLIO_API_TOKEN to a new one of the same account, and run",
			p.onwards("adopt-token"),
		},
	}
}

func adviseTopUp(p *place, f failure) []step {
	steps := []step{{"top up the wallet, then run", p.onwards()}}
	if f.payment != nil {
		do := "or, to send as far as the balance goes, run"
		steps = append(steps, step{do, p.onwards("start-unpaid")})
	}
	return steps
}

func adviseUnpriced(p *place, f failure) []step {
	n := some(f.payment.Estimate.Unpriced, "recipient")
	return []step{{
		"to send without a known price for " + n + ", run",
		p.onwards("start-unpaid"),
	}}
}

func adviseNoEstimate(p *place, _ failure) []step {
	return []step{
		{"when the price list can be read again, run", p.onwards()},
		{"or, to send without a known price, run", p.onwards("start-unpaid")},
	}
}

func adviseYes(p *place, _ failure) []step {
	return []step{{"to send without being asked, run", p.onwards("yes")}}
}

func adviseStored(p *place, f failure) []step {
	steps := []step{{"to send the batch that the store holds, as it was planned, run", p.resume()}}
	if f.changed.Field == "list" {
		return append(steps, step{
			"or, to end it here and send the new list to those whom it has not reached, run",
			p.rest(&f.changed.Manifest),
		})
	}
	return append(steps, step{Do: "to send another batch, give it an id and a store of its own; " +
		"-except " + p.store + " leaves out whom this one has reached"})
}

// rest returns the command that sends this list to those whom the stored batch,
// and those before it, have not reached.
func (p *place) rest(m *helliobulk.Manifest) string {
	id, store := p.unused(m.BatchID)
	words := append([]string{"send"}, p.flags.args...)
	p.flags.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "batch", "store", "except", "message", "message-file", "message-from",
			"sender", "region", "gateway", "landlines":
		default:
			words = append(words, flagWords(f)...)
		}
	})
	words = append(words, "-batch", id, "-store", store, "-message-from", p.store)
	for _, other := range m.Except {
		words = append(words, "-except", other.Store)
	}
	return p.c.command(append(words, "-except", p.store)...)
}

// unused returns an id and a store that no batch has here.
func (p *place) unused(id string) (newID, store string) {
	for n := 2; ; n++ {
		suffix := "-" + strconv.Itoa(n)
		store = p.besides(suffix + ".batch")
		if _, err := os.Stat(store); err != nil {
			return id + suffix, store
		}
	}
}

// besides returns the store's path with another ending.
func (p *place) besides(ending string) string {
	return strings.TrimSuffix(p.store, ".batch") + ending
}

func adviseReplays(p *place, _ failure) []step {
	return []step{
		{
			"if the store is a restored copy, or the batch was planned again, run",
			p.onwards("accept-replays"),
		},
		{"to find out whether it was, or the id was used for another message, run", p.look()},
	}
}

func adviseLook(p *place, f failure) []step {
	n := some(f.unseen.Open.Recipients, "recipient")
	return []step{
		{"to find out which chunks were sent, run", p.look()},
		{
			"or, although up to " + n + " may get the message a second time, run",
			p.onwards() + " -confirm " + quote(p.batch),
		},
	}
}

func adviseConfirm(p *place, f failure) []step {
	n := some(f.nobody.recipients, "recipient")
	do := "to do so without a terminal, although up to " + n + " may get the message twice, run"
	return []step{{do, p.again() + " -confirm " + quote(f.nobody.id)}}
}

func adviseName(p *place, _ failure) []step {
	return []step{{"name the store of a batch; to plan one, see", p.c.command("plan", "-help")}}
}

func adviseCopy(p *place, _ failure) []step {
	return []step{
		{
			"restore a copy of the store within 12 hours of the plan, then run",
			p.resume("accept-replays"),
		},
		{
			"without a copy, and within 12 hours of the first call, plan it again into a store " +
				"of its own with the same id, list, text and chunk size, and with -accept-replays",
			"",
		},
	}
}

func adviseReview(p *place, _ failure) []step {
	return []step{{"to find out whether chunks of unknown outcome were sent, run", p.look()}}
}

func adviseRejected(p *place, _ failure) []step {
	return []step{
		{"the rejected chunks were not sent; when the cause is fixed, run", p.onStore("retry")},
		{
			"or, to write their numbers into a file, run",
			p.c.command("export", "-store", p.store, "-state", "rejected",
				"-o", p.besides("-rejected.csv")),
		},
	}
}

// onwards returns the command that continues from here: resume if the store
// holds the batch, else the same command. Flags are added.
func (p *place) onwards(add ...string) string {
	switch {
	case p.onward != "":
		return p.onward + asFlags(add)
	case p.planned:
		return p.resume(add...)
	}
	return p.again(add...)
}

// carried are the flags that a resume takes over: they say how to send.
func carried(name string) bool {
	switch name {
	case "workers", "grace", "margin", "window", "tz", "pace", "ahead", "start-unpaid",
		"accept-replays", "json":
		return true
	}
	return false
}

// resume returns the command that continues the stored batch.
func (p *place) resume(add ...string) string {
	return p.onStore("resume") + asFlags(add)
}

// onStore returns a command on the stored batch that sends as this one does.
func (p *place) onStore(words ...string) string {
	words = slices.Insert(words, 1, "-store", p.store)
	p.flags.Visit(func(f *flag.Flag) {
		if carried(f.Name) {
			words = append(words, flagWords(f)...)
		}
	})
	return p.c.command(words...)
}

func (p *place) look() string { return p.c.command("review", "-store", p.store, "-look") }

// again returns the command that was called; "" if the text of a message would
// be in it.
func (p *place) again(add ...string) string {
	if p.flags.given["message"] {
		return ""
	}
	words := append([]string{p.flags.Name()}, p.flags.args...)
	p.flags.Visit(func(f *flag.Flag) { words = append(words, flagWords(f)...) })
	return p.c.command(words...) + asFlags(add)
}

// flagWords writes a flag as it is given on a command line.
func flagWords(f *flag.Flag) []string {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	switch {
	case !ok || !b.IsBoolFlag():
		return []string{"-" + f.Name, f.Value.String()}
	case f.Value.String() == "true":
		return []string{"-" + f.Name}
	}
	return nil
}

func asFlags(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return " -" + strings.Join(names, " -")
}

// command writes a command as a shell takes it.
func (c *console) command(words ...string) string {
	quoted := []string{quote(c.program)}
	for _, w := range words {
		quoted = append(quoted, quote(w))
	}
	return strings.Join(quoted, " ")
}

// quote writes a word as a POSIX shell reads it.
func quote(word string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune("-_./:=,+@%", r)
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !safe(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
