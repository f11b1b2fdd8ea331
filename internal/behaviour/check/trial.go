package check

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/behaviour"
	"github.com/hellio-go/hellio/internal/gsm7"
)

// trial is a run of a check. Its methods end the run where they find out how it
// ends, as those of testing.T do.
type trial struct{ *Probe }

// body holds the members of a request.
type body map[string]any

// gone marks a member that is left out.
var gone = new(struct{})

// with returns the body with some members replaced.
func (b body) with(changes body) body {
	out := maps.Clone(b)
	maps.Copy(out, changes)
	maps.DeleteFunc(out, func(_ string, value any) bool { return value == any(gone) })
	return out
}

func (t *trial) fail(err error) { panic(aborted{err}) }

// check ends the check with an error.
func (t *trial) check(err error) {
	if err != nil {
		t.fail(err)
	}
}

func (t *trial) refute(value any, expected, seen string) {
	t.fail(t.Refute(value, expected, seen))
}

func (t *trial) untestable(format string, args ...any) {
	t.fail(t.Untestable(fmt.Sprintf(format, args...)))
}

// must refutes the claim unless it holds.
func (t *trial) must(holds bool, expected, seen string) {
	if !holds {
		t.refute(nil, expected, seen)
	}
}

// needs ends the check unless what it builds upon is there.
func (t *trial) needs(there bool, what string) {
	if !there {
		t.untestable("%s", what)
	}
}

// settings returns the settings, and ends the check where there are none.
func (t *trial) settings() Settings {
	s, ok := t.Settings()
	t.needs(ok, "needs the fake's settings")
	return s
}

// change changes the account.
func (t *trial) change(account string) {
	t.check(t.settings().Change(account))
}

// sleep waits, and ends the check where that is not possible.
func (t *trial) sleep(d time.Duration) {
	t.check(t.Wait(d))
}

func (t *trial) pay(op string, n int) {
	t.check(t.Pay(op, n))
}

// raw sends a request and returns the answer, whatever it is.
func (t *trial) raw(method, path string, content any, header ...string) *Answer {
	a, err := t.Do(method, path, content, header...)
	if err != nil {
		t.fail(err)
	}
	return a
}

// spare is how many requests of a window are left to other users of the token.
const spare = 20

// do is raw, and waits where the rate limit is or will soon be used up.
func (t *trial) do(method, path string, content any, header ...string) *Answer {
	for range 2 {
		a := t.raw(method, path, content, header...)
		wait := time.Duration(0)
		switch n := left(a); {
		case a.Status == http.StatusTooManyRequests:
			wait = time.Duration(min(max(headerNumber(a, "Retry-After"), 0), 90)+1) * time.Second
		case n >= 0 && n < spare && headerNumber(a, "X-Ratelimit-Limit") > 2*spare:
			wait = time.Minute
		}
		if wait > 0 {
			t.check(t.pace(wait))
		}
		if a.Status != http.StatusTooManyRequests {
			return a
		}
	}
	t.untestable("the rate limit is used up")
	return nil
}

func (t *trial) get(path string, header ...string) *Answer {
	return t.do(http.MethodGet, path, nil, header...)
}

func (t *trial) post(path string, b any, header ...string) *Answer {
	return t.do(http.MethodPost, path, b, header...)
}

// works ends the check unless the answer is a success, which the claim does not
// depend on.
func (t *trial) works(a *Answer) *Answer {
	if !a.ok() {
		t.untestable("a call that it needs got %s", a.shape())
	}
	return a
}

// read is a GET that has to work.
func (t *trial) read(path string) *Answer { return t.works(t.get(path)) }

// success refutes the claim unless the answer has this status. Another success
// is its value.
func (t *trial) success(a *Answer, want int) {
	switch {
	case a.Status == want:
	case a.ok():
		t.refute(a.Status, strconv.Itoa(want), a.shape())
	default:
		t.untestable("the call got %s", a.shape())
	}
}

// refused refutes the claim unless the answer is the refusal that it names. The
// answer's status and code are its value.
func (t *trial) refused(a *Answer, id string) {
	claim, _ := behaviour.Find(id)
	want, _ := claim.Follow.Refusal()
	seen := behaviour.Refusal{Status: a.Status, Code: a.code()}
	if seen == want {
		return
	}
	expected := strconv.Itoa(want.Status) + " " + want.Code
	if a.Status < 400 || a.Status > 599 {
		t.refute(nil, expected, a.shape())
	}
	t.refute(seen.JSON(), expected, a.shape())
}

// status refutes the claim unless the answer has a status.
func (t *trial) status(a *Answer, want int) {
	t.must(a.Status == want, strconv.Itoa(want), a.shape())
}

// invalid refutes the claim unless the answer is about a field.
func (t *trial) invalid(a *Answer, field string) {
	seen := a.shape() + " without it"
	t.must(a.Status/100 == 4 && len(a.fieldErrors(field)) > 0, "an error of "+field, seen)
}

// valid refutes the claim if the answer is about a field.
func (t *trial) valid(a *Answer, field string) {
	t.must(len(a.fieldErrors(field)) == 0, "no error of "+field, a.shape()+" with one")
}

// form refutes the claim unless the object at a path has these members. "name"
// is a string, "name#" a number, "name?" a string or null, "name!" a boolean,
// "name[]" an array, "name{}" an object, "name*" anything.
func (t *trial) form(a *Answer, path, members string) {
	if a.at(path) == nil {
		t.untestable("the answer has no %s", path)
	}
	var differ behaviour.Fields
	var seen []string
	for member := range strings.FieldsSeq(members) {
		name := strings.TrimRight(member, "#?![]{}*")
		at := name
		if path != "" {
			at = path + "." + name
		}
		value := a.at(at)
		want := member[len(name):]
		kind := kindOf(value)
		switch {
		case !a.has(at):
			differ.Absent = append(differ.Absent, name)
			kind = "absent"
		case fits(want, value):
			continue
		case value == nil:
			differ.Null = append(differ.Null, name)
		case kind == "number":
			differ.Number = append(differ.Number, name)
		}
		seen = append(seen, name+" "+kind)
	}
	if len(seen) == 0 {
		return
	}
	var value any
	if len(differ.Absent)+len(differ.Null)+len(differ.Number) == len(seen) {
		value = differ
	}
	t.refute(value, members, strings.Join(seen, ", "))
}

func fits(want string, value any) bool {
	kind := kindOf(value)
	switch want {
	case "":
		return kind == "string"
	case "#":
		return kind == "number"
	case "?":
		return kind == "string" || kind == "null"
	case "#?":
		return kind == "number" || kind == "null"
	case "!":
		return kind == "boolean"
	case "!?":
		return kind == "boolean" || kind == "null"
	case "[]":
		return kind == "array"
	case "{}":
		return kind == "object"
	}
	return true
}

// sms sends an SMS.
func (t *trial) sms(changes body, header ...string) *Answer {
	b := t.smsBody().with(changes)
	text, _ := b["message"].(string)
	t.pay("sms", countOf(b["recipients"])*max(1, gsm7.Segments(text)))
	return t.post("/sms/send", b, header...)
}

func (t *trial) smsBody() body {
	return body{
		"recipients": []string{t.Number()},
		"sender":     t.Sender(),
		"message":    "A check of the API.",
	}
}

// countOf returns the most recipients that a value can name.
func countOf(recipients any) int {
	switch r := recipients.(type) {
	case []string:
		return len(r)
	case string:
		return 1 + strings.Count(r, ",") + strings.Count(r, "\n")
	}
	return 1
}

// code sends a one-time password.
func (t *trial) code(changes body, header ...string) *Answer {
	t.pay("otp", 1)
	return t.post("/otp/send", t.codeBody().with(changes), header...)
}

func (t *trial) codeBody() body { return body{"mobile_number": t.Number(), "sender": t.Sender()} }

// secondsOf bounds how long a text is when it is spoken.
func secondsOf(text string) int { return 1 + len(text)/10 }

// call makes a call.
func (t *trial) call(changes body, header ...string) *Answer {
	b := t.callBody().with(changes)
	text, _ := b["text"].(string)
	t.pay("voice", secondsOf(text)*countOf(b["recipients"]))
	return t.post("/voice/send", b, header...)
}

func (t *trial) callBody() body {
	return body{"recipients": []string{t.Number()}, "text": "A check."}
}

// lookup looks numbers up.
func (t *trial) lookup(changes body) *Answer {
	b := body{"numbers": []string{t.Number()}}.with(changes)
	t.pay("lookup", countOf(b["numbers"]))
	return t.post("/lookup", b)
}

// emails verifies addresses.
func (t *trial) emails(addresses ...string) *Answer {
	t.pay("email", len(addresses))
	return t.post("/email/verify", body{"emails": addresses})
}

// available returns what the wallet can still pay, in units of 0.0001.
func (t *trial) available() int { return units(t.read("/balance").text("data.available")) }

// units returns an amount in ten-thousandths, -1 if it is none.
func units(amount string) int {
	whole, fraction, _ := strings.Cut(amount, ".")
	n, err := strconv.Atoi(whole + (fraction + "0000")[:4])
	if err != nil || len(fraction) > 4 {
		return -1
	}
	return n
}

// as returns the header of another token.
func as(token string) []string { return []string{"Authorization", "Bearer " + token} }

// jsonOf returns the JSON of a value of an observation.
func jsonOf(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // it is made of strings and numbers
	}
	return string(text)
}
