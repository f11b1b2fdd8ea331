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

// Difference is one point in which an exchange leaves the document.
type Difference struct {
	Operation string // its operationId; method and path where the document knows none
	Status    int    // of the response; 0 for a request
	What      string
}

func (d Difference) String() string {
	if d.Status == 0 {
		return d.Operation + ": request: " + d.What
	}
	return fmt.Sprintf("%s: response %d: %s", d.Operation, d.Status, d.What)
}

// CheckRequest judges a request, whose body is given apart and is not read from r.
func (d *Document) CheckRequest(r *http.Request, body []byte) []Difference {
	defer d.reading()()
	op, found := d.locate(r)
	if op == nil {
		return found
	}
	var what []string
	if len(body) > 0 && op.RequestBody == nil {
		what = append(what, "the document knows no body here")
	}
	if isNull(body) {
		what = append(what, nullBody)
	}
	if accept := r.Header.Get("Accept"); !d.incoming && accept != "application/json" {
		what = append(what, fmt.Sprintf("Accept is %q, want application/json", accept))
	}
	for _, name := range repeated(r.Header) {
		what = append(what, "header "+name+" comes more than once")
	}
	if _, errs := d.requests.ValidateHttpRequestSync(withBody(r, body)); len(errs) > 0 {
		what = append(what, reasons(errs)...)
	}
	return differences(op.OperationId, 0, what)
}

// CheckResponse judges the response to a request; its body is given apart and is not read from resp.
func (d *Document) CheckResponse(r *http.Request, resp *http.Response, body []byte) []Difference {
	defer d.reading()()
	op, found := d.locate(r)
	if op == nil {
		return found
	}
	_, described := response(op, resp.StatusCode)
	if described == nil {
		return differences(op.OperationId, resp.StatusCode, []string{"the document knows no such status here"})
	}
	what := d.checkHeaders(described, resp.Header)
	switch {
	case !hasBody(described) && len(body) > 0:
		what = append(what, "the document knows no body here")
	case hasBody(described) && len(body) == 0:
		what = append(what, "the body is empty")
	case isNull(body):
		what = append(what, nullBody)
	}
	judged := *resp
	judged.Body = io.NopCloser(bytes.NewReader(body))
	_, errs := d.responses.ValidateHttpResponse(withBody(r, nil), &judged)
	what = append(what, reasons(errs)...)
	return differences(op.OperationId, resp.StatusCode, what)
}

// nullBody is for a body that is null, which the library lets pass whatever the schema says.
const nullBody = "the body is null"

func isNull(body []byte) bool { return string(bytes.TrimSpace(body)) == "null" }

// locate finds the operation of a request, or the difference that there is none.
func (d *Document) locate(r *http.Request) (*v3.Operation, []Difference) {
	name := r.Method + " " + r.URL.EscapedPath()
	item, _, ok := d.find(r)
	if !ok {
		return nil, differences(name, 0, []string{"the document knows no such route"})
	}
	if op := operation(item, r.Method); op != nil {
		return op, nil
	}
	return nil, differences(name, 0, []string{"the document knows no such method on this route"})
}

// response gives what an operation says of a status, and its key in the document: the status itself, its range or the default.
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

func differences(operation string, status int, what []string) []Difference {
	var all []Difference
	for _, w := range what {
		all = append(all, Difference{Operation: operation, Status: status, What: w})
	}
	return all
}

// reasons writes the validator's errors as sentences: the deepest reasons it has, with the field's path.
func reasons(errs []*liberrors.ValidationError) []string {
	var all []string
	for _, e := range errs {
		if len(e.SchemaValidationErrors) == 0 {
			all = append(all, strings.TrimSpace(e.Message+": "+e.Reason))
		}
		for _, s := range e.SchemaValidationErrors {
			all = append(all, strings.TrimPrefix(e.ParameterName+" ", " ")+strings.TrimPrefix(s.FieldPath+": ", ": ")+s.Reason)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// withBody is a copy of r with this body: the validator reads and replaces bodies.
func withBody(r *http.Request, body []byte) *http.Request {
	c := r.Clone(r.Context())
	c.Body, c.GetBody = http.NoBody, nil
	c.ContentLength = int64(len(body))
	if len(body) > 0 {
		c.Body = io.NopCloser(bytes.NewReader(body))
	}
	return c
}
