package helliotest

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Filter narrows Messages, Requests and the waits for messages. Several filters
// must all pass. The zero Filter passes everything.
type Filter struct {
	pass func(subject) bool
	// what is there in place of what was wanted; it tells no text and no whole
	// number
	miss func(subject) string
	name string

	param, value string // how the control API asks for it; "" = not at all
	after        int64  // of Since and After
}

// subject is what a message or a request shows to filters.
type subject struct {
	id                      int64
	to, from, text, channel string
	isFor                   func(destination string) bool
}

func passes(filters []Filter, s subject) bool {
	for _, f := range filters {
		if f.pass != nil && !f.pass(s) {
			return false
		}
	}
	return true
}

// misses tells which filters something does not pass.
func misses(filters []Filter, s subject) (out []string) {
	for _, f := range filters {
		if f.pass != nil && !f.pass(s) {
			out = append(out, f.name+" ("+f.miss(s)+")")
		}
	}
	return out
}

func namesOf(filters []Filter) string {
	var names []string
	for _, f := range filters {
		if f.pass != nil {
			names = append(names, f.name)
		}
	}
	return strings.Join(names, ", ")
}

// To passes what goes to this phone number, with or without "+", or to this
// e-mail address.
func To(destination string) Filter {
	return Filter{
		pass: func(s subject) bool { return s.isFor(destination) },
		miss: func(s subject) string { return "it goes to " + masked(s.to) },
		name: "To(" + masked(destination) + ")",

		param: "to",
		value: destination,
	}
}

// From passes what comes from this sender name, its case included.
func From(sender string) Filter {
	return Filter{
		pass: func(s subject) bool { return s.from == sender },
		miss: func(s subject) string { return fmt.Sprintf("it comes from %q", s.from) },
		name: fmt.Sprintf("From(%q)", sender),
	}
}

// Contains passes what has this text in its message.
func Contains(text string) Filter {
	return Filter{
		pass: func(s subject) bool { return strings.Contains(s.text, text) },
		miss: func(s subject) string { return "its text" + lengthOf(s.text) + " does not" },
		name: "Contains(a text" + lengthOf(text) + ")",

		param: "contains",
		value: text,
	}
}

// Channel passes what goes by this channel: sms, voice, whatsapp or email.
func Channel(channel string) Filter {
	return Filter{
		pass: func(s subject) bool { return s.channel == channel },
		miss: func(s subject) string { return fmt.Sprintf("it goes by %q", s.channel) },
		name: fmt.Sprintf("Channel(%q)", channel),

		param: "channel",
		value: channel,
	}
}

// Since passes what came after a mark.
func Since(m Mark) Filter {
	return Filter{
		pass: func(s subject) bool { return s.id > m.id },
		miss: func(subject) string { return "it came before the mark" },
		name: "Since(a mark)",

		param: "after",
		value: strconv.FormatInt(m.id, 10),
		after: m.id,
	}
}

// After passes what came after the message with this numeric ID.
func After(id int64) Filter {
	return Filter{
		pass: func(s subject) bool { return s.id > id },
		miss: func(s subject) string { return fmt.Sprintf("its ID is %d", s.id) },
		name: fmt.Sprintf("After(%d)", id),

		param: "after",
		value: strconv.FormatInt(id, 10),
		after: id,
	}
}

// masked is a destination of which no one can be reached.
func masked(destination string) string {
	if at := strings.LastIndexByte(destination, '@'); at >= 0 {
		return "…" + destination[at:]
	}
	return "…" + destination[max(0, len(destination)-min(4, len(destination)/2)):]
}

func lengthOf(text string) string {
	return fmt.Sprintf(" of %d characters", utf8.RuneCountInString(text))
}

// Mark is a point in the order of what happens in a fake. It loses its meaning
// with Reset. The zero Mark lies before everything.
type Mark struct{ id int64 }

// Mark is the point reached now.
func (f *Fake) Mark() Mark {
	f.tb.Helper()
	defer f.lock()()
	return Mark{f.world.lastID}
}
