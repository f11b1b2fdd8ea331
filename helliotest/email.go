package helliotest

import (
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"strings"

	"github.com/hellio-go/hellio/internal/contract"
)

// emailPrice is what one address costs (decided).
const emailPrice money = 50

// Limits of email/verify (decided).
const (
	maxEmails      = 10_000
	maxEmailLength = 254
)

// Verdicts on an address.
const (
	statusDeliverable   = "deliverable"
	statusUndeliverable = "undeliverable"
	statusRisky         = "risky"
	statusUnknown       = "unknown"
)

// What decides the verdict on an address that is not magic (decided).
var (
	roleNames = []string{
		"abuse", "admin", "billing", "contact", "help", "hello", "hostmaster", "info", "noreply",
		"no-reply", "office", "postmaster", "sales", "security", "support", "webmaster",
	}
	disposableDomains = []string{
		"10minutemail.com", "guerrillamail.com", "mailinator.com", "temp-mail.org", "yopmail.com",
	}
)

// emailResult is the verdict on an address as email/verify shows it.
type emailResult struct {
	Email         string `json:"email"`
	Status        string `json:"status"`
	SyntaxValid   bool   `json:"syntax_valid"`
	MXFound       bool   `json:"mx_found"`
	MailboxExists *bool  `json:"mailbox_exists"`
	Disposable    bool   `json:"disposable"`
	RoleAccount   bool   `json:"role_account"`
}

func emailRoutes() []apiRoute {
	return []apiRoute{{op: contract.EmailVerify, handle: verifyEmails}}
}

func verifyEmails(w *world, c *apiCall) *reply {
	form := c.form()
	addresses := form.list("emails", maxEmails, maxEmailLength, false)
	for i, address := range addresses {
		if name := fmt.Sprintf("emails.%d", i); address != "" && form.errors[name] == nil &&
			!isAddress(address) {
			form.fail(name, "The :field field must be a valid email address.")
		}
	}
	if bad := form.reject(); bad != nil {
		return bad
	}
	cost := emailPrice * money(len(addresses))
	if bad := w.reserve(c, cost); bad != nil {
		return bad
	}
	w.settle(cost)
	results := make([]emailResult, len(addresses))
	for i, address := range addresses {
		results[i] = verdictOn(address)
	}
	return okReply(http.StatusOK, results)
}

// isAddress reports whether text is a bare e-mail address.
func isAddress(text string) bool {
	parsed, err := mail.ParseAddress(text)
	return err == nil && parsed.Address == text
}

// verdictOn returns the verdict on an address from its text alone.
func verdictOn(address string) emailResult {
	lower := strings.ToLower(address)
	at := strings.LastIndexByte(lower, '@')
	name, domain := lower[:at], lower[at+1:]
	m := magicOf(address)
	r := emailResult{
		Email:       address,
		SyntaxValid: true,
		MXFound:     domain != "invalid" && !strings.HasSuffix(domain, ".invalid"),
		Disposable:  m == magicDisposable || slices.Contains(disposableDomains, domain),
		RoleAccount: m == magicRole || slices.Contains(roleNames, name),
	}
	if m == magicUnknown {
		r.Status = statusUnknown
		return r
	}
	r.judge(r.MXFound && m != magicUndeliverable)
	return r
}

// judge sets the members that depend on whether the mailbox exists.
func (r *emailResult) judge(exists bool) {
	r.MailboxExists = &exists
	switch {
	case !exists:
		r.Status = statusUndeliverable
	case r.Disposable || r.RoleAccount:
		r.Status = statusRisky
	default:
		r.Status = statusDeliverable
	}
}
