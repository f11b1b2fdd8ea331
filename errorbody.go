package hellio

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/hellio-go/hellio/internal/contract"
)

// errorBody is an error body in any of the forms that the API is known or likely to use: message and code, either alone, with or
// without complaints by field.
type errorBody struct {
	Message string              `json:"message"`
	Error   string              `json:"error"`
	Errors  map[string][]string `json:"errors"`
	Period  string              `json:"period"`
}

// parse passes over members of another type, as encoding/json does before it reports them; a body that is no JSON object leaves
// everything empty.
func (b *errorBody) parse(body []byte) { _ = json.Unmarshal(body, b) }

// sentence is the message, else the code or what stands in its place, else what HTTP calls the status.
func (b *errorBody) sentence(status int) string {
	switch {
	case b.Message != "":
		return b.Message
	case b.Error != "" && (shownCode(b.Error) == b.Error || strings.Contains(b.Error, " ")):
		return b.Error
	case http.StatusText(status) != "":
		return http.StatusText(status)
	default:
		return "unexpected status"
	}
}

// kind gives the error its type. Two codes go before the status: extension_required comes with 402 but has nothing to do with money,
// and the vendor's pages disagree on the status of traffic_not_routable.
func (b *errorBody) kind(e *APIError) error {
	switch {
	case e.Code == contract.CodeExtensionRequired:
		return e
	case e.Code == contract.CodeTrafficNotRoutable:
		return &ValidationError{e}
	case e.Status >= 300 && e.Status < 400:
		return &RedirectError{APIError: e, Location: e.Response.Header.Get("Location")}
	case e.Status >= 500:
		return &ServerError{e}
	}
	switch e.Status {
	case http.StatusUnauthorized:
		return &AuthenticationError{e}
	case http.StatusPaymentRequired:
		return &InsufficientBalanceError{e}
	case http.StatusForbidden:
		return &PermissionError{APIError: e, Period: b.Period}
	case http.StatusNotFound:
		return &NotFoundError{e}
	case http.StatusConflict:
		return &ConflictError{e}
	case http.StatusUnprocessableEntity:
		return &ValidationError{e}
	case http.StatusTooManyRequests:
		wait, _ := waitTold(e.Response.Header)
		return &RateLimitError{APIError: e, RetryAfter: wait}
	default:
		return e
	}
}
