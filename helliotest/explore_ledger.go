package helliotest

// ledger is what a run has sent and paid, when all is final.
type ledger struct {
	sent       []sentMessage // oldest first
	spent      money         // charged by all calls
	onMessages money         // of that, by messages
}

// sentMessage is what checks compare of a message.
type sentMessage struct {
	channel string
	to      string
	sender  string
	text    string
	op      Op // that made it; "" for one from a snapshot
}

// textKey is what the copies of one message have in common. One-time codes are
// compared by destination, because their texts differ.
type textKey struct {
	channel string
	to      string
	text    string
}

func (m *sentMessage) textKey() textKey {
	if m.op == OTPSend {
		return textKey{to: m.to}
	}
	return textKey{
		channel: m.channel,
		to:      m.to,
		text:    m.text,
	}
}

// sentKey is what a message and the one that is missing have in common.
type sentKey struct {
	channel string
	to      string
	sender  string
}

func (m *sentMessage) sentKey() sentKey {
	return sentKey{
		channel: m.channel,
		to:      m.to,
		sender:  m.sender,
	}
}

// ledger returns what the run has sent and paid so far.
func (s *exploredRun) ledger() ledger {
	f := s.fake
	f.mu.Lock()
	defer f.mu.Unlock()
	w := f.world
	l := ledger{sent: make([]sentMessage, 0, len(w.messages.rows))}
	for _, m := range w.messages.rows {
		sent := sentMessage{
			channel: m.Channel,
			to:      m.To,
			sender:  m.Sender,
			text:    m.Text,
		}
		if m.origin != nil {
			sent.op = m.origin.op()
			l.onMessages += m.Cost
		}
		l.sent = append(l.sent, sent)
	}
	for _, r := range w.requests {
		l.spent += r.Charge
	}
	return l
}

// copies counts the messages by what their copies have in common.
func (l *ledger) copies() map[textKey]int {
	counts := make(map[textKey]int, len(l.sent))
	for i := range l.sent {
		counts[l.sent[i].textKey()]++
	}
	return counts
}

// recipients counts the messages by channel, recipient and sender.
func (l *ledger) recipients() map[sentKey]int {
	counts := make(map[sentKey]int, len(l.sent))
	for i := range l.sent {
		counts[l.sent[i].sentKey()]++
	}
	return counts
}
