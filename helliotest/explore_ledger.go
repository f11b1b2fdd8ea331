package helliotest

import (
	"cmp"
	"encoding/json"
)

// ledger is what a run has sent and paid, when all is final.
type ledger struct {
	sent       []sentMessage // the messages, then the voice calls, each oldest first
	spent      money         // charged by all calls
	onMessages money         // of that, by what is in sent
}

// sentMessage is what checks compare of a message, or of a voice call to one
// number.
type sentMessage struct {
	channel string
	to      string
	sender  string
	text    string
	op      Op // that made it; "" for one from a snapshot
}

// noun names what a report counts.
func (m *sentMessage) noun() string {
	switch m.op {
	case OTPSend:
		return "one-time code"
	case VoiceSend:
		return "voice call"
	}
	return "message"
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
		if r.op() == VoiceSend && r.Charge > 0 {
			l.sent = append(l.sent, s.voiceCalls(r)...)
			l.onMessages += r.Charge
		}
	}
	return l
}

// voiceCalls returns the calls that a voice/send made. The engine keeps no
// numbers of them, so they are read from its body.
func (s *exploredRun) voiceCalls(r *logged) []sentMessage {
	var body struct {
		CallerID string `json:"caller_id"`
		Text     string `json:"text"`
		AudioURL string `json:"audio_url"`
	}
	_ = json.Unmarshal(r.Body, &body) // the API has read it
	c := &apiCall{e: s.fake.engine}
	numbers, _ := c.dialable(destinations(r.Body))
	calls := make([]sentMessage, 0, len(numbers))
	for _, number := range numbers {
		calls = append(calls, sentMessage{
			channel: channelVoice,
			to:      number,
			sender:  body.CallerID,
			text:    cmp.Or(body.Text, body.AudioURL),
			op:      VoiceSend,
		})
	}
	return calls
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
