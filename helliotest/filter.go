package helliotest

import "strings"

// Filter narrows Messages and Requests. Several filters must all pass. The zero Filter passes everything.
type Filter struct{ pass func(subject) bool }

// subject is what a message or a request shows to filters.
type subject struct {
	id                  int64
	from, text, channel string
	isFor               func(destination string) bool
}

func passes(filters []Filter, s subject) bool {
	for _, f := range filters {
		if f.pass != nil && !f.pass(s) {
			return false
		}
	}
	return true
}

// To passes what goes to this phone number, with or without "+", or to this e-mail address.
func To(destination string) Filter {
	return Filter{func(s subject) bool { return s.isFor(destination) }}
}

// From passes what comes from this sender name, its case included.
func From(sender string) Filter {
	return Filter{func(s subject) bool { return s.from == sender }}
}

// Contains passes what has this text in its message.
func Contains(text string) Filter {
	return Filter{func(s subject) bool { return strings.Contains(s.text, text) }}
}

// Channel passes what goes by this channel: sms, voice, whatsapp or email.
func Channel(channel string) Filter {
	return Filter{func(s subject) bool { return s.channel == channel }}
}

// Since passes what came after a mark.
func Since(m Mark) Filter {
	return Filter{func(s subject) bool { return s.id > m.id }}
}

// Mark is a point in the order of what happens in a fake. It loses its meaning with Reset. The zero Mark lies before everything.
type Mark struct{ id int64 }

// Mark is the point reached now.
func (f *Fake) Mark() Mark {
	f.tb.Helper()
	defer f.look()()
	return Mark{f.world.lastID}
}
