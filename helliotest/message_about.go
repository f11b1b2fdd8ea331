package helliotest

// LookupMessage gives the message with this numeric ID, if there is one.
func (f *Fake) LookupMessage(id int64) (Message, bool) {
	f.tb.Helper()
	defer f.lock()()
	i, found := f.world.messages.seek(id)
	if !found {
		return Message{}, false
	}
	return f.world.messages.rows[i].public(), true
}

// CountMessages counts what Messages would list; without filters it only looks.
func (f *Fake) CountMessages(filters ...Filter) int {
	f.tb.Helper()
	defer f.lock()()
	rows := f.world.messages.rows
	if len(filters) == 0 {
		return len(rows)
	}
	n := 0
	for _, m := range rows {
		if passes(filters, m.subject()) {
			n++
		}
	}
	return n
}

// Origin gives the call that made the message with this numeric ID. There is none for a message that is not there, and for one from a
// snapshot.
func (f *Fake) Origin(messageID int64) (Request, bool) {
	f.tb.Helper()
	defer f.lock()()
	i, found := f.world.messages.seek(messageID)
	if !found || f.world.messages.rows[i].origin == nil {
		return Request{}, false
	}
	return f.world.messages.rows[i].origin.public(), true
}

// LastCall gives the newest call, if there was one.
func (f *Fake) LastCall() (Request, bool) {
	f.tb.Helper()
	defer f.lock()()
	calls := f.world.requests
	if len(calls) == 0 {
		return Request{}, false
	}
	return calls[len(calls)-1].public(), true
}

// DeliveriesOf is Deliveries for the message with this numeric ID alone.
func (f *Fake) DeliveriesOf(messageID int64) []Delivery {
	f.tb.Helper()
	defer f.lock()()
	var out []Delivery
	for _, d := range f.world.deliveries {
		if d.message.id == messageID {
			out = append(out, d.public())
		}
	}
	return out
}
