package check

import (
	"cmp"
	"strings"

	"github.com/hellio-go/hellio/internal/behaviour"
)

// ordered refutes the claim unless a call makes its checks in the order of the
// claim. A step that can't be tested here keeps its place.
func (t *trial) ordered(id string, o ordering) {
	claim, _ := behaviour.Find(id)
	steps := claim.Follow.Steps()
	found, whole := o.probe(t, steps)
	seen := place(steps, found)
	if jsonOf(seen) != jsonOf(steps) {
		t.refute(seen, strings.Join(steps, ", "), strings.Join(seen, ", "))
	}
	if !whole {
		t.untestable("%s come first; the rest needs the account's settings",
			strings.Join(found, ", "))
	}
}

// ordering is how a call is made to fail in each of its checks.
type ordering struct {
	path    string
	good    body
	spoil   map[string]body   // changes of the body
	account map[string]string // changes of the account
	repair  map[string]string // undoes them, where goodAccount does not
	codes   map[string]string // step by error code
	last    string            // the step that keeps the call from sending
}

// poor is an account that the checks of a paid send refuse.
var poor = map[string]string{
	"spend_limit": `{"spend_limit":{"period":"daily","amount":"0"}}`,
	"balance":     `{"balance":"0"}`,
}

// probe spoils all steps, and repairs the one that refuses the call, until all
// are known. whole is false if it had to stop before.
func (o ordering) probe(t *trial, steps []string) (found []string, whole bool) {
	_, settings := t.Settings()
	spoiled := make(map[string]bool)
	for _, step := range steps {
		if o.account[step] != "" && settings || o.spoil[step] != nil {
			spoiled[step] = true
		}
	}
	o.respoil(t, spoiled)
	whole = settings || len(o.account) == 0
	for len(spoiled) > 0 {
		if !settings && !spoiled[o.last] {
			return found, false // the call might send
		}
		b := o.good
		for step := range spoiled {
			b = b.with(o.spoil[step])
		}
		a := t.post(o.path, b)
		step := o.codes[a.code()]
		if !spoiled[step] {
			t.untestable("the call got %s, which none of the spoiled checks explains", a.shape())
		}
		found = append(found, step)
		delete(spoiled, step)
		if o.account[step] != "" {
			t.change(cmp.Or(o.repair[step], goodAccount))
			o.respoil(t, spoiled)
		}
	}
	return found, whole
}

// respoil spoils the account in each of some steps.
func (o ordering) respoil(t *trial, steps map[string]bool) {
	for step := range steps {
		if o.account[step] != "" && o.repair[step] == "" {
			t.change(o.account[step])
		}
	}
}

// goodAccount undoes what the account's spoilers change.
const goodAccount = `{"balance":"100","ussd_balance":"100","spend_limit":null}`

// place returns all steps: the found ones in the order found, the others after
// the step that they follow in the default order.
func place(steps, found []string) []string {
	isFound := make(map[string]bool)
	for _, step := range found {
		isFound[step] = true
	}
	var all []string
	next := 0
	for _, step := range steps {
		if isFound[step] {
			all = append(all, found[next])
			next++
			continue
		}
		all = append(all, step)
	}
	return all
}
