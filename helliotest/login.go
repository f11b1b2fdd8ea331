package helliotest

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/window"
)

// loginsPerMinute is how many tries each pair of e-mail and address has
// (decided; that the limit is per pair is documented).
const loginsPerMinute = 5

// maxWindows is how many windows of tries are kept until ended ones are
// dropped.
const maxWindows = 1000

// maxDeviceName is the longest label of a token (inferred: the vendor's plugins
// clip there).
const maxDeviceName = 255

// LoginUser is a user who may exchange credentials for a token at POST
// /auth/token.
type LoginUser struct {
	Email    string `json:"email"` // in any case of letters
	Password string `json:"password"`
	Name     string `json:"name"`
	// "": the account has no second factor; else the code that is always right
	TwoFactorCode string `json:"two_factor_code,omitempty"`
	// nil: true; false answers 403 email_unverified
	EmailVerified *bool `json:"email_verified,omitempty"`
	Locked        bool  `json:"locked,omitempty"` // answers 403 account_locked
}

// WithLogin adds a user who may log in. Without it no login succeeds. A second
// user with the same e-mail address replaces the first. A user without an
// e-mail address or a password is an error.
func WithLogin(user LoginUser) Option {
	return func(c *config) (err error) {
		c.account.logins, err = withLogin(c.account.logins, user)
		return err
	}
}

// withLogin returns a new list with the user in it, because other accounts
// share the old one.
func withLogin(users []LoginUser, user LoginUser) ([]LoginUser, error) {
	switch {
	case !isAddress(user.Email):
		return users, fmt.Errorf("login: %q is no e-mail address", user.Email)
	case user.Password == "":
		return users, errors.New("login: the password is empty")
	}
	others := slices.DeleteFunc(slices.Clone(users),
		func(u LoginUser) bool { return strings.EqualFold(u.Email, user.Email) })
	return append(others, user), nil
}

func loginRoutes() []apiRoute {
	return []apiRoute{{op: contract.AuthToken, handle: createToken}}
}

func createToken(w *world, c *apiCall) *reply {
	form := c.form()
	email, password := form.email("email"), form.secret("password")
	form.optional("device_name", maxDeviceName)
	second := form.optional("two_factor_code", 0)
	user := w.account.login(email)
	if form.bad == nil && form.count == 0 {
		if bad := c.countLogin(email); bad != nil {
			return bad
		}
	}
	steps := append([]checkStep{{"fields", form.reject}}, user.steps(password, second)...)
	if bad := c.refusal(form, steps...); bad != nil {
		return bad
	}
	abilities := contract.Scopes()
	return okReply(http.StatusCreated, newTokenBody(w.issueToken(abilities), abilities, user))
}

// login returns the user with this e-mail address, or nil.
func (a *accountState) login(email string) *LoginUser {
	i := slices.IndexFunc(a.logins,
		func(u LoginUser) bool { return strings.EqualFold(u.Email, email) })
	if i < 0 {
		return nil
	}
	return &a.logins[i]
}

// countLogin counts a try for its pair of e-mail and caller's address. A try
// that is refused is not counted.
func (c *apiCall) countLogin(email string) *reply {
	now, limit := c.w.clock.Now(), c.e.cfg.follow.loginTries
	tries := c.w.loginWindow(strings.ToLower(email)+" "+c.ip.String(), now)
	if tries.Full(now, limit) {
		return tooMany(limit, tries.RetryAfter(now), now)
	}
	tries.Hit(now)
	c.buckets = append(c.buckets, bucket{tries, limit})
	return nil
}

// loginWindow returns the window of a pair. If there are too many windows, it
// drops ended ones.
func (w *world) loginWindow(pair string, now time.Time) *window.Window {
	if w.logins == nil {
		w.logins = make(map[string]*window.Window)
	}
	tries := w.logins[pair]
	if tries != nil {
		return tries
	}
	if len(w.logins) >= maxWindows {
		maps.DeleteFunc(w.logins,
			func(_ string, other *window.Window) bool { return other.Over(now) })
	}
	tries = &window.Window{Length: contract.RateLimitWindow}
	w.logins[pair] = tries
	return tries
}

// steps returns the checks of a user who logs in. An unknown user is answered
// as a wrong password.
func (u *LoginUser) steps(password, second string) []checkStep {
	wrong := refuse(http.StatusUnauthorized, contract.CodeInvalidCredentials,
		"These credentials do not match our records.")
	if u == nil {
		return []checkStep{{"credentials", refuseIf(true, wrong)}}
	}
	factor := wrong
	if second == "" {
		factor = refuse(http.StatusUnprocessableEntity, contract.CodeTwoFactorRequired,
			"A two-factor code is required.")
	}
	return []checkStep{
		{"credentials", refuseIf(u.Password != password, wrong)},
		{"locked", refuseIf(u.Locked,
			refuse(http.StatusForbidden, contract.CodeAccountLocked, "This account is locked."))},
		{"unverified", refuseIf(u.EmailVerified != nil && !*u.EmailVerified,
			refuse(http.StatusForbidden, contract.CodeEmailUnverified,
				"The email address of this account is not verified."))},
		{"second_factor", refuseIf(u.TwoFactorCode != "" && u.TwoFactorCode != second, factor)},
	}
}

// refuseIf returns a check whose result is known.
func refuseIf(refused bool, r *reply) func() *reply {
	return func() *reply {
		if refused {
			return r
		}
		return nil
	}
}

// secret reads a required string without trimming it, as the API's framework
// does for passwords.
func (f *bodyForm) secret(name string) string {
	raw := f.value(name)
	switch {
	case raw == nil || string(raw) == `""`:
		f.fail(name, "The :field field is required.")
	case raw[0] != '"':
		f.mistyped(name, "The :field field must be a string.")
	default:
		return decodeString(raw)
	}
	return ""
}

// tokenBody is the answer to auth/token.
type tokenBody struct {
	Token     string   `json:"token"`
	Abilities []string `json:"abilities"`
	User      struct {
		Name  string `json:"name"`
		Email string `json:"email"`
	} `json:"user"`
}

func newTokenBody(token string, abilities []string, user *LoginUser) tokenBody {
	b := tokenBody{Token: token, Abilities: abilities}
	b.User.Name, b.User.Email = user.Name, user.Email
	return b
}
