package main

import (
	"net/http"
	"slices"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/control"
)

// maxShownTokens is how many issued tokens the page lists: the newest.
const maxShownTokens = 200

// accountView is an account as the page shows it.
type accountView struct {
	Account helliotest.Account `json:"account"`
	Wallet  helliotest.Wallet  `json:"wallet"`
	Spent   string             `json:"spent"` // in the period of the spend limit, or today
	// when the period of the spend limit ends
	SpentUntil control.Time `json:"spent_until"`
	OTP        []windowView `json:"otp"` // by address; none = no call in the last minute
	People     []personView `json:"people"`
	Tokens     []tokenView  `json:"tokens"` // the world's own, then the newest issued ones
	Issued     int          `json:"issued"`
}

// windowView is the window of a rate limit.
type windowView struct {
	Address string        `json:"address,omitempty"`
	Left    int           `json:"left"`
	Ends    *control.Time `json:"ends"` // null = it has not begun
}

// personView is a person who may log in.
type personView struct {
	Email     string `json:"email"`
	Name      string `json:"name"`
	TwoFactor bool   `json:"two_factor"`
	Verified  bool   `json:"verified"`
	Locked    bool   `json:"locked"`
}

// tokenView is a token of a world.
type tokenView struct {
	Token   string     `json:"token"`
	Own     bool       `json:"own"` // the world's own
	Revoked bool       `json:"revoked"`
	Scopes  []string   `json:"scopes"`
	Window  windowView `json:"window"`
}

func (ws *worldSet) getInboxAccount(rw http.ResponseWriter, _ *http.Request, w *world) error {
	spent, until := w.engine.Spent()
	view := accountView{
		Account:    w.fake.Account(),
		Wallet:     w.fake.Balance(),
		Spent:      spent,
		SpentUntil: control.At(until),
		OTP:        []windowView{},
		People:     []personView{},
	}
	w.engine.EachOTPWindow(func(address string, left int, ends time.Time) {
		view.OTP = append(view.OTP, windowView{
			Address: address,
			Left:    left,
			Ends:    control.AtOrNull(ends),
		})
	})
	for _, user := range w.engine.People() {
		view.People = append(view.People, personView{
			Email:     user.Email,
			Name:      user.Name,
			TwoFactor: user.TwoFactorCode != "",
			Verified:  user.EmailVerified == nil || *user.EmailVerified,
			Locked:    user.Locked,
		})
	}
	view.Tokens, view.Issued = ws.tokensOf(w)
	respond(rw, http.StatusOK, view)
	return nil
}

// tokensOf returns the tokens of a world, and how many were issued and not
// revoked.
func (ws *worldSet) tokensOf(w *world) (views []tokenView, issued int) {
	ws.mu.RLock()
	tokens := slices.Clone(w.issued)
	ws.mu.RUnlock()
	views = []tokenView{w.viewToken(w.token)}
	for _, token := range slices.Backward(tokens) {
		view := w.viewToken(token)
		if view.Revoked {
			continue
		}
		issued++
		if issued <= maxShownTokens {
			views = append(views, view)
		}
	}
	return views, issued
}

func (w *world) viewToken(token string) tokenView {
	scopes, left, ends, known := w.engine.TokenState(token)
	return tokenView{
		Token:   token,
		Own:     token == w.token,
		Revoked: !known,
		Scopes:  append([]string{}, scopes...),
		Window:  windowView{Left: left, Ends: control.AtOrNull(ends)},
	}
}
