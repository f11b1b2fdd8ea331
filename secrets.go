package hellio

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hellio-go/hellio/internal/contract"
)

const (
	hiddenText = "(hidden)"

	// A shorter secret counts only as a word of its own: a text such as "hi"
	// must not tear every "this" apart.
	shortestAnywhere = 8

	// A long text that the API quotes cut off is recognised by its beginning.
	recognised = 16

	// So many addresses are searched for in every form. Of a longer list the
	// others are found only where they stand alone, which is fast.
	searchedAddresses = 100

	// shortestOTP is the smallest number of digits of a one-time code.
	shortestOTP = contract.MinOTPLength
)

// callSecrets are what a call sent and its error must not print: token, code,
// text, e-mail addresses, password and phone numbers. They are collected when
// an error is built, so that a call that succeeds does no work for them.
type callSecrets struct {
	words     []string
	forms     []string        // words in each form that a text may quote; nil: not made yet
	addresses map[string]bool // e-mail addresses in lower case
	digits    []string        // of codes: hidden also between separators and other digits
	anyCode   bool            // a number of 4 digits or more may be a code that the API made
}

// secrets returns what the call sent so far, under its latest tokens.
func (x *exchange) secrets() callSecrets {
	s := callSecrets{
		words:   make([]string, 0, 4), // enough for most calls
		anyCode: handlesCodes(x.op),
	}
	for _, auth := range []*credentials{x.auth, x.core.credentials.Load()} {
		if auth != nil {
			s.addToken(auth.token)
		}
	}
	s.addBody(x.op, string(x.body))
	return s
}

// handlesCodes reports whether an operation sends or checks one-time codes.
func handlesCodes(op *contract.Operation) bool {
	switch op.Name {
	case contract.OTPSend.Name, contract.OTPVerify.Name, contract.AuthToken.Name:
		return true
	default:
		return false
	}
}

// addToken adds the token, and the part after its | (inferred: Sanctum's form),
// which alone is secret.
func (s *callSecrets) addToken(token string) {
	s.addWord(token)
	if _, secret, found := strings.Cut(token, "|"); found && len(secret) >= shortestAnywhere {
		s.addWord(secret)
	}
}

// addBody adds the secrets in a body that json.Marshal has made.
func (s *callSecrets) addBody(op *contract.Operation, body string) {
	member := ""
	for i := 0; i < len(body); i++ {
		if body[i] != '"' {
			continue
		}
		text := stringAt(body, i)
		i += len(text) - 1
		if strings.HasPrefix(body[i+1:], ":") {
			member = text
		} else {
			s.addMember(op, member, unquoted(text))
		}
	}
}

func (s *callSecrets) addMember(op *contract.Operation, quotedName, text string) {
	switch quotedName {
	case `"message"`, `"text"`, `"input"`, `"audio_url"`, `"password"`:
		s.addText(text)
	case `"emails"`, `"email"`:
		s.addAddress(text)
	case `"recipients"`, `"numbers"`, `"mobile_number"`, `"msisdn"`:
		s.addNumber(text)
	case `"code"`, `"two_factor_code"`:
		if handlesCodes(op) { // elsewhere a code is what people dial
			s.addText(text)
		}
	}
}

// stringAt returns the JSON string that begins at body[i], with its quotation
// marks.
func stringAt(body string, i int) string {
	end := i + 1
	for body[end] != '"' {
		if body[end] == '\\' {
			end++
		}
		end++
	}
	return body[i : end+1]
}

func unquoted(text string) string {
	if !strings.Contains(text, `\`) {
		return text[1 : len(text)-1]
	}
	var plain string
	_ = json.Unmarshal([]byte(text), &plain) // json.Marshal has made the text
	return plain
}

// addText adds a text, and the numbers in it that may be codes.
func (s *callSecrets) addText(text string) {
	s.addWord(text)
	for i := nextDigit(text, 0); i < len(text); {
		end, digits := numberAt(text, i)
		if digits >= shortestOTP {
			s.digits = append(s.digits, onlyDigits(text[i:end]))
		}
		i = nextDigit(text, end)
	}
}

// addAddress adds an e-mail address, which the API may write in lower case.
func (s *callSecrets) addAddress(address string) {
	if address == "" {
		return
	}
	if s.addresses == nil {
		s.addresses = map[string]bool{}
	}
	s.addresses[strings.ToLower(strings.TrimSpace(address))] = true
	odd := strings.ContainsFunc(address, func(r rune) bool { return !inAddress(r) })
	if odd || len(s.addresses) <= searchedAddresses {
		s.addWord(address)
	}
}

// inAddress reports whether hide looks for the character in an address.
func inAddress(r rune) bool { return r > ' ' && !strings.ContainsRune(`"'()<>[]{},;:=&?/\|`, r) }

// addNumber adds what maskDigits would not take for a phone number.
func (s *callSecrets) addNumber(number string) {
	if countDigits(number) < minNumberDigits {
		s.addText(number)
	}
}

// addWord adds a text that may be quoted.
func (s *callSecrets) addWord(text string) {
	text = strings.TrimSpace(text) // as the API does (inferred)
	if strings.IndexFunc(text, isTelling) >= 0 && !slices.Contains(s.words, text) {
		s.words = append(s.words, text)
	}
}

// quotedIn returns the words in each form in which text may quote them. A form
// other than the word itself holds a character that few texts hold.
func (s *callSecrets) quotedIn(text string) []string {
	if !strings.ContainsAny(text, `%+\`) {
		return s.words
	}
	if s.forms == nil {
		s.forms = s.makeForms()
	}
	return s.forms
}

func (s *callSecrets) makeForms() []string {
	var forms []string
	for _, word := range s.words {
		quoted := strconv.Quote(word)
		encoded, _ := json.Marshal(word)
		forms = append(
			forms,
			word,
			quoted[1:len(quoted)-1],
			string(encoded[1:len(encoded)-1]),
			url.QueryEscape(word),
			url.PathEscape(word),
		)
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// isTelling reports whether a character says something alone, which punctuation
// does not.
func isTelling(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r > 0x7f }

// hide returns the text without the secrets in it.
func (s *callSecrets) hide(text string) string {
	least := minNumberDigits
	if s.anyCode {
		least = shortestOTP
	}
	return s.hideFrom(text, least)
}

// hideFrom hides also every number of at least least digits.
func (s *callSecrets) hideFrom(text string, least int) string {
	var hidden marks
	for _, word := range s.quotedIn(text) {
		hidden.markWord(text, word)
	}
	s.markAddresses(&hidden, text)
	masked := maskDigits(text, least, s.digits)
	if hidden == nil {
		return masked
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case !hidden[i]:
			b.WriteByte(masked[i])
		case i == 0 || !hidden[i-1]:
			b.WriteString(hiddenText)
		}
	}
	return b.String()
}

// marks says which bytes of a text are secret; nil: none.
type marks []bool

func (m *marks) mark(text string, from, to int) {
	if *m == nil {
		*m = make(marks, len(text))
	}
	for i := from; i < to; i++ {
		(*m)[i] = true
	}
}

// markWord marks each place where text quotes a secret: all of it, or its first
// characters and as much as follows.
func (m *marks) markWord(text, secret string) {
	head := secret[:min(len(secret), recognised)]
	for from := 0; ; {
		at := strings.Index(text[from:], head)
		if at < 0 {
			return
		}
		at += from
		end := at + len(head)
		for end < len(text) && end-at < len(secret) && text[end] == secret[end-at] {
			end++
		}
		for end < len(text) && !utf8.RuneStart(text[end]) {
			end++
		}
		from = at + 1
		if len(secret) >= shortestAnywhere || isWord(text, at, end) {
			m.mark(text, at, end)
			from = end
		}
	}
}

// markAddresses marks each e-mail address of the call in text.
func (s *callSecrets) markAddresses(hidden *marks, text string) {
	if len(s.addresses) == 0 {
		return
	}
	for i := 0; i < len(text); {
		length := strings.IndexFunc(text[i:], func(r rune) bool { return !inAddress(r) })
		if length < 0 {
			length = len(text) - i
		}
		address := strings.TrimRight(text[i:i+length], ".!")
		if plain, err := url.QueryUnescape(address); err == nil && strings.Contains(address, "%") {
			address = plain
		}
		if s.addresses[strings.ToLower(address)] {
			hidden.mark(text, i, i+length)
		}
		_, size := utf8.DecodeRuneInString(text[i+length:])
		i += length + max(size, 1)
	}
}

// isWord reports whether text[from:to] continues into no letter, digit or _ on
// either side.
func isWord(text string, from, to int) bool {
	first, _ := utf8.DecodeRuneInString(text[from:])
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	last, _ := utf8.DecodeLastRuneInString(text[:to])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return !(inWord(first) && inWord(before)) && !(inWord(last) && inWord(after))
}

func inWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}

// redact removes the call's secrets from all that its error holds as text. The
// API's response stays unchanged, in Response alone, which is never printed.
func (x *exchange) redact(err error) error {
	s := x.secrets()
	switch e := err.(type) {
	case *PermissionError:
		e.Period = s.hide(e.Period)
	case *RedirectError:
		e.Location = s.hide(e.Location)
	case *ConnectionError:
		e.Err = s.hideCause(e.Err)
	case *DecodeError:
		e.Err = s.hideCause(e.Err)
	}
	if e, ok := err.(interface{ api() *APIError }); ok {
		s.redactAPI(e.api())
	}
	return err
}

func (s *callSecrets) redactAPI(e *APIError) {
	if e == nil {
		return
	}
	e.Message = s.hide(e.Message)
	if !isKnownCode(e.Code) && s.hide(e.Code) != e.Code {
		e.Code = hiddenText
	}
	for _, complaints := range e.Fields {
		for i, complaint := range complaints {
			complaints[i] = s.hide(complaint)
		}
	}
}

// hideCause returns the cause of an error, within a redactedCause if its text
// quotes a secret. Ports and the like are no codes, so any number may be one
// only if it was sent.
func (s *callSecrets) hideCause(cause error) error {
	if foreign, ok := cause.(foreignError); ok {
		return foreignError{foreign.whose, s.hideCause(foreign.err)}
	}
	text := fmt.Sprint(cause) // which survives an Error method that panics
	if shown := s.hideFrom(text, minNumberDigits); cause != nil && shown != text {
		return redactedCause{shown, cause}
	}
	return cause
}

// redactedCause is a cause whose text quoted a secret. Unwrap returns the cause
// itself.
type redactedCause struct {
	text  string
	cause error
}

func (e redactedCause) Error() string { return e.text }

func (e redactedCause) Unwrap() error { return e.cause }

// Format prints what Error returns, for every verb.
func (e redactedCause) Format(f fmt.State, _ rune) { redacted(e.text).format(f) }
