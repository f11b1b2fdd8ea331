package conformance

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	liberrors "github.com/pb33f/libopenapi-validator/errors"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// Difference is one difference between an exchange and the document.
type Difference struct {
	Operation string // the operationId, or method and path of an unknown route
	Status    int    // of the response; 0 for a request
	What      string
}

func (d Difference) String() string {
	if d.Status == 0 {
		return d.Operation + ": request: " + d.What
	}
	return fmt.Sprintf("%s: response %d: %s", d.Operation, d.Status, d.What)
}

// CheckRequest returns the differences between a request and the document. It
// does not read the body of r.
func (d *Document) CheckRequest(r *http.Request, body []byte) []Difference {
	defer d.reading()()
	op, found := d.locate(r)
	if op == nil {
		return found
	}
	var what []string
	if len(body) > 0 && op.RequestBody == nil {
		what = append(what, "the document describes no body here")
	}
	if isNull(body) {
		what = append(what, nullBody)
	}
	if accept := r.Header.Get("Accept"); !d.incoming && accept != "application/json" {
		what = append(what, fmt.Sprintf("Accept is %q, want application/json", accept))
	}
	for _, name := range repeated(r.Header) {
		what = append(what, "header "+name+" appears more than once")
	}
	if _, errs := d.requests.ValidateHttpRequestSync(withBody(r, body)); len(errs) > 0 {
		what = append(what, reasons(errs)...)
	}
	return differences(op.OperationId, 0, what)
}

// CheckResponse returns the differences between the response to r and the
// document. It does not read the body of resp.
func (d *Document) CheckResponse(r *http.Request, resp *http.Response, body []byte) []Difference {
	defer d.reading()()
	op, found := d.locate(r)
	if op == nil {
		return found
	}
	_, described := response(op, resp.StatusCode)
	if described == nil {
		what := []string{"the document describes no such status here"}
		return differences(op.OperationId, resp.StatusCode, what)
	}
	what := d.checkHeaders(described, resp.Header)
	switch {
	case !hasBody(described) && len(body) > 0:
		what = append(what, "the document describes no body here")
	case hasBody(described) && len(body) == 0:
		what = append(what, "the body is empty")
	case isNull(body):
		what = append(what, nullBody)
	}
	copied := *resp
	copied.Body = io.NopCloser(bytes.NewReader(body))
	_, errs := d.responses.ValidateHttpResponse(withBody(r, nil), &copied)
	what = append(what, reasons(errs)...)
	return differences(op.OperationId, resp.StatusCode, what)
}

// nullBody reports a null body, which the library accepts for every schema.
const nullBody = "the body is null"

func isNull(body []byte) bool { return string(bytes.TrimSpace(body)) == "null" }

// locate returns the operation of a request, or the difference if there is
// none.
func (d *Document) locate(r *http.Request) (*v3.Operation, []Difference) {
	name := r.Method + " " + r.URL.EscapedPath()
	item, _, ok := d.find(r)
	if !ok {
		return nil, differences(name, 0, []string{"the document describes no such route"})
	}
	if op := operation(item, r.Method); op != nil {
		return op, nil
	}
	return nil, differences(name, 0,
		[]string{"the document describes no such method on this route"})
}

// response returns an operation's response for a status, and its key in the
// document: the status, its range or "default".
func response(op *v3.Operation, status int) (key string, described *v3.Response) {
	for _, key := range []string{fmt.Sprint(status), fmt.Sprintf("%dXX", status/100)} {
		if described := op.Responses.Codes.GetOrZero(key); described != nil {
			return key, described
		}
	}
	if op.Responses.Default != nil {
		return "default", op.Responses.Default
	}
	return "", nil
}

func hasBody(described *v3.Response) bool {
	return described.Content != nil && described.Content.Len() > 0
}

func differences(name string, status int, what []string) []Difference {
	var all []Difference
	for _, w := range what {
		all = append(all, Difference{Operation: name, Status: status, What: w})
	}
	return all
}

// reasons returns the validator's errors as sentences. Each is the most
// detailed reason, after the path of the field.
func reasons(errs []*liberrors.ValidationError) []string {
	var all []string
	for _, e := range errs {
		if len(e.SchemaValidationErrors) == 0 {
			all = append(all, strings.TrimSpace(e.Message+": "+e.Reason))
		}
		for _, s := range e.SchemaValidationErrors {
			parameter := strings.TrimPrefix(e.ParameterName+" ", " ")
			field := strings.TrimPrefix(s.FieldPath+": ", ": ")
			all = append(all, parameter+field+s.Reason)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// withBody returns a copy of r with this body, because the validator reads and
// replaces bodies.
func withBody(r *http.Request, body []byte) *http.Request {
	c := r.Clone(r.Context())
	c.Body, c.GetBody = http.NoBody, nil
	c.ContentLength = int64(len(body))
	if len(body) > 0 {
		c.Body = io.NopCloser(bytes.NewReader(body))
	}
	return c
}
