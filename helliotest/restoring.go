package helliotest

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/window"
)

// maxSavedAge is how far a time of a snapshot may lie from the snapshot's own.
const maxSavedAge = 200 * 365 * 24 * time.Hour

// maxSavedCount is the highest count in a snapshot; it is an int on each
// machine.
const maxSavedCount = 1<<30 - 1

// restorer makes a world from a saved one. It notes the first error, and
// continues.
type restorer struct {
	w     *world
	s     *savedWorld
	delta time.Duration // from the saved clock to the new one
	err   error

	campaigns map[int64]*campaign
	messages  map[int64]*messageRow
	alone     map[int64][]messageRow // those without a campaign, each a batch of its own
	webhooks  map[int64]*webhook
	apps      map[int64]*ussdApp
}

// restore fills a new world. Pending jobs keep the time that was left when they
// were saved.
func (w *world) restore(s *savedWorld) error {
	now := w.clock.Now()
	r := &restorer{
		w:         w,
		s:         s,
		delta:     now.Sub(s.At),
		campaigns: make(map[int64]*campaign),
		messages:  make(map[int64]*messageRow),
		alone:     make(map[int64][]messageRow),
		webhooks:  make(map[int64]*webhook),
		apps:      make(map[int64]*ussdApp),
	}
	r.require(s.LastID >= 0 && s.LastID < 1<<53, "LastID %d is out of range", s.LastID)
	w.lastID = s.LastID
	if w.e.cfg.seed == s.Seed {
		r.failed(w.source.UnmarshalBinary(s.Random))
	}
	r.money(now)
	r.gates()
	r.texts()
	r.speech()
	r.hooks()
	r.ussd()
	r.requests()
	return r.err
}

func (r *restorer) require(holds bool, format string, args ...any) {
	if !holds && r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func (r *restorer) failed(err error) {
	if r.err == nil {
		r.err = err
	}
}

// time moves a time to the new clock.
func (r *restorer) time(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	age := t.Sub(r.s.At)
	r.require(age < maxSavedAge && age > -maxSavedAge,
		"the time %v lies too far from that of the snapshot", t)
	return t.Add(r.delta)
}

// move moves times to the new clock.
func (r *restorer) move(times ...*time.Time) {
	for _, t := range times {
		*t = r.time(*t)
	}
}

// id checks that ids are above those before, as tables need it.
func (r *restorer) id(kind string, id int64, before *int64) {
	r.require(id > *before && id <= r.s.LastID, "the id %d of a %s is out of order or above LastID",
		id, kind)
	*before = id
}

func (r *restorer) count(kind string, counts ...int) {
	for _, n := range counts {
		r.require(n >= 0 && n <= maxSavedCount, "a %s counts %d", kind, n)
	}
}

// money restores what is reserved and spent; the balance is an option's. What
// was spent counts for the day and month of the new clock.
func (r *restorer) money(now time.Time) {
	r.w.purse.reserved = r.s.Reserved
	if err := r.w.purse.check(); err != nil && r.w.purse.balance != r.s.Balance {
		r.failed(fmt.Errorf("WithBalance: %w", err))
	} else {
		r.failed(err)
	}
	r.w.spent = spending{
		day:   tally{began: startOf(daily, now), sum: r.s.SpentToday},
		month: tally{began: startOf(monthly, now), sum: r.s.SpentMonth},
	}
}

func (r *restorer) window(s savedWindow) window.Window {
	r.count("window", s.Count)
	return window.Restored(contract.RateLimitWindow, r.time(s.Start), s.Count)
}

func windows[K netip.Addr | string](r *restorer, in map[K]savedWindow) map[K]*window.Window {
	out := make(map[K]*window.Window, len(in))
	for key, s := range in {
		restored := r.window(s)
		out[key] = &restored
	}
	return out
}

// gates restores tokens, keys, codes and limits.
func (r *restorer) gates() {
	for _, s := range r.s.Tokens {
		if t := r.w.tokens[s.Token]; t != nil {
			t.window = r.window(s.Window)
		}
	}
	for _, s := range r.s.Keys {
		r.require(s.Status >= 200 && s.Status <= 299, "a key with the status %d", s.Status)
		id := r.w.keyID(keyScope{s.Token, s.Method, s.Path}, s.Key)
		k := &keyed{
			id:    id,
			call:  s.Call,
			body:  []byte(s.Sent),
			sum:   s.Sum,
			reply: &reply{status: s.Status, body: []byte(s.Body)},
			at:    r.time(s.At),
		}
		r.w.keys[id], r.w.keyRow = k, append(r.w.keyRow, k)
	}
	for _, code := range r.s.OTPs {
		ended := code.Wrong == r.w.e.cfg.follow.otpTries && code.End != ""
		r.require(code.Wrong >= 0 && (code.Wrong < r.w.e.cfg.follow.otpTries || ended),
			"a code with %d wrong tries", code.Wrong)
		code.Expires = r.time(code.Expires)
		r.w.otps.put(&code)
	}
	r.w.otps.senders, r.w.logins = windows(r, r.s.OTPSenders), windows(r, r.s.LoginTries)
}

// texts restores campaigns and messages.
func (r *restorer) texts() {
	sizes := make(map[int64]int)
	for _, s := range r.s.Messages {
		sizes[s.Campaign]++
	}
	last := int64(0)
	for _, s := range r.s.Campaigns {
		r.count("campaign", s.Invalid, s.Segments)
		r.require(sizes[s.ID] > 0, "campaign %d has no message", s.ID)
		r.id("campaign", s.ID, &last)
		r.move(&s.Created, &s.Completed)
		made := &campaign{s, make([]messageRow, 0, sizes[s.ID])}
		r.campaigns[s.ID] = made
		r.w.campaigns.add(made)
	}
	last = 0
	for _, s := range r.s.Messages {
		r.w.messages.add(r.message(s, &last))
	}
	// in the order in which they were sent, as reports are made in it
	for _, s := range r.s.Messages {
		m := r.messages[s.ID]
		switch made := m.campaign; {
		case made == nil && m.Final.IsZero():
			r.w.carry(r.alone[s.ID], m.Created, func(time.Time) {})
		case made != nil && made.Completed.IsZero() && m == &made.messages[0]:
			r.w.run(made)
		}
	}
}

func (r *restorer) message(s savedMessage, last *int64) *messageRow {
	r.count("message", s.Segments)
	r.id("message", s.ID, last)
	r.move(&s.Created, &s.Sent, &s.Final)
	m := messageRow{messageState: s.messageState}
	if m.campaign = r.campaigns[s.Campaign]; m.campaign != nil {
		m.campaign.messages = append(m.campaign.messages, m)
		r.messages[s.ID] = &m.campaign.messages[len(m.campaign.messages)-1]
		return r.messages[s.ID]
	}
	r.require(s.Campaign == 0, "message %d is of campaign %d, which is not there", s.ID, s.Campaign)
	batch := []messageRow{m}
	r.alone[s.ID], r.messages[s.ID] = batch, &batch[0]
	return &batch[0]
}

// speech restores calls and lookups.
func (r *restorer) speech() {
	last := int64(0)
	for _, s := range r.s.Voices {
		r.count("voice campaign", s.Accepted, s.Invalid, s.Doomed, s.Seconds)
		r.id("voice campaign", s.ID, &last)
		r.move(&s.Created, &s.Completed)
		r.w.voices.add(&s)
		if s.Completed.IsZero() {
			r.w.speak(&s)
		}
	}
	last = 0
	for _, s := range r.s.Lookups {
		r.id("lookup", s.ID, &last)
		r.move(&s.Created, &s.Start, &s.Completed)
		batch := []lookup{s.lookup}
		if s.Evicted {
			r.w.evictedLookups = append(r.w.evictedLookups, &batch[0])
		} else {
			r.w.lookups.add(&batch[0])
		}
		if s.Completed.IsZero() {
			r.w.ask(batch)
		}
	}
}

// ussd restores apps, extensions and sessions.
func (r *restorer) ussd() {
	u, last := &r.w.ussd, int64(0)
	for _, s := range r.s.Apps {
		r.id("USSD app", s.ID, &last)
		r.move(&s.Created)
		r.apps[s.ID] = &s
		u.apps.add(&s)
	}
	last = 0
	for _, s := range r.s.Extensions {
		r.require(s.App == 0 || r.apps[s.App] != nil,
			"extension %d is of app %d, which is not there", s.ID, s.App)
		r.require(s.Months >= 1 && s.Months < 3000, "extension %d is paid for %d months", s.ID,
			s.Months)
		r.id("USSD extension", s.ID, &last)
		r.move(&s.Rented, &s.Expires)
		e := &ussdExtension{extensionState: s.extensionState, app: r.apps[s.App]}
		u.extensions.add(e)
		if e.Status == extensionActive {
			r.w.planRenewal(e)
		}
	}
	last = 0
	for _, s := range r.s.Sessions {
		r.count("session", s.Steps)
		r.id("USSD session", s.ID, &last)
		r.move(&s.Started, &s.Latest, &s.Ended)
		added := &ussdSession{
			sessionState: s.sessionState,
			dialog:       ussdDialog{r.apps[s.App], s.Ref},
		}
		u.sessions.remember(added)
		if added.Status == sessionActive {
			r.w.at(added.Latest.Add(sessionIdle), added.idle)
		}
	}
}

// requests restores the journal of a dump.
func (r *restorer) requests() {
	last := int64(0)
	for _, s := range r.s.Requests {
		r.id("request", s.ID, &last)
		r.move(&s.At)
		s.BodySize = max(s.BodySize, len(s.Body))
		s.ResponseSize = max(s.ResponseSize, len(s.Response))
		l := &logged{loggedState: s.loggedState, route: routeOf(s.Method, s.Path)}
		r.w.keepHeader(l, s.Header)
		r.w.requests = append(r.w.requests, l)
		r.w.noteRefusal(l)
		r.w.keepBodies(l)
	}
}

// account reads the account of a saved world.
func (s *savedWorld) account() (accountState, error) {
	var errs [3]error
	a := accountState{
		senders:   slices.Clone(s.Senders),
		rateLimit: s.RateLimit,
		otpLimit:  s.OTPLimit,
	}
	a.allowed, errs[0] = parsePrefixes(s.AllowedIPs)
	if s.SpendLimit != nil {
		a.spendLimit, errs[1] = newSpendCap(*s.SpendLimit)
	}
	for _, user := range s.Logins {
		if a.logins, errs[2] = withLogin(a.logins, user); errs[2] != nil {
			break
		}
	}
	return a, errors.Join(errors.Join(errs[:]...), a.checkLimits())
}
