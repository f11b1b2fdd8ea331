package helliotest

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Filter narrows Messages, Requests and the waits for messages. With several
// filters, all must match. The zero Filter matches everything.
type Filter struct {
	pass func(subject) bool
	// what the row has in place of the wanted value, without text or whole
	// numbers
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

// misses returns the filters that a row does not match.
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

// To matches this phone number, with or without "+", or this e-mail address.
func To(destination string) Filter {
	return Filter{
		pass: func(s subject) bool { return s.isFor(destination) },
		miss: func(s subject) string { return "it goes to " + masked(s.to) },
		name: "To(" + masked(destination) + ")",

		param: "to",
		value: destination,
	}
}

// From matches this sender name, case-sensitively.
func From(sender string) Filter {
	return Filter{
		pass: func(s subject) bool { return s.from == sender },
		miss: func(s subject) string { return fmt.Sprintf("it comes from %q", s.from) },
		name: fmt.Sprintf("From(%q)", sender),
	}
}

// Contains matches messages with this text in them.
func Contains(text string) Filter {
	return Filter{
		pass: func(s subject) bool { return strings.Contains(s.text, text) },
		miss: func(s subject) string { return "its text" + lengthOf(s.text) + " does not" },
		name: "Contains(a text" + lengthOf(text) + ")",

		param: "contains",
		value: text,
	}
}

// Channel matches this channel: sms, voice, whatsapp or email.
func Channel(channel string) Filter {
	return Filter{
		pass: func(s subject) bool { return s.channel == channel },
		miss: func(s subject) string { return fmt.Sprintf("it goes by %q", s.channel) },
		name: fmt.Sprintf("Channel(%q)", channel),

		param: "channel",
		value: channel,
	}
}

// Since matches what came after a mark.
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

// After matches what came after the message with this numeric ID.
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

// masked returns a destination without most of its characters.
func masked(destination string) string {
	if at := strings.LastIndexByte(destination, '@'); at >= 0 {
		return "…" + destination[at:]
	}
	return "…" + destination[max(0, len(destination)-min(4, len(destination)/2)):]
}

func lengthOf(text string) string {
	return fmt.Sprintf(" of %d characters", utf8.RuneCountInString(text))
}

// Mark is a point in the order of events of a fake. Reset makes it invalid. The
// zero Mark is before all events.
type Mark struct{ id int64 }

// Mark returns the current point, for Since.
func (f *Fake) Mark() Mark {
	f.tb.Helper()
	defer f.lock()()
	return Mark{f.world.lastID}
}
