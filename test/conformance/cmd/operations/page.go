package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/hellio-go/hellio/test/conformance"
)

// pagePath is the page whose table of operations is generated.
const pagePath = "docs/operations.md"

// tableHead begins the table, which ends with an empty line.
const tableHead = "| method | route | scope | key | costs | retried |\n|---|---|---|---|---|---|\n"

// costs maps the operations that cost money to what they charge for.
var costs = map[string]string{
	"sms_send":              "per segment and recipient",
	"otp_send":              "as the message",
	"voice_send":            "per second and recipient",
	"lookup_create":         "per number",
	"email_verify":          "per address",
	"ussd_extension_create": "per month, USSD balance",
}

// readPage returns the page as it is and with a current table.
func readPage(root string, ops []conformance.Operation, s source) (now, want []byte, err error) {
	now, err = os.ReadFile(filepath.Join(root, pagePath))
	if err != nil {
		return nil, nil, err
	}
	before, rest, found := bytes.Cut(now, []byte(tableHead))
	_, after, ends := bytes.Cut(rest, []byte("\n\n"))
	if !found || !ends {
		return nil, nil, fmt.Errorf("%s has no table of operations", pagePath)
	}
	var b bytes.Buffer
	b.Write(before)
	b.WriteString(tableHead)
	for _, op := range ops {
		b.WriteString(row(op, s.methods[op.Method+" "+op.Route]))
	}
	b.WriteString("\n")
	b.Write(after)
	return now, b.Bytes(), nil
}

// row returns an operation's line of the table.
func row(op conformance.Operation, methods []string) string {
	names := make([]string, len(methods))
	for i, method := range methods {
		names[i] = "`" + method + "`"
		if i == 0 {
			names[i] = "`" + publicName(method) + "`"
		} else if _, name, ok := strings.Cut(method, "."); ok {
			names[i] = "`" + name + "`"
		}
	}
	scope := op.Scope
	if scope == "" {
		scope = "none"
	}
	cells := []string{
		strings.Join(names, " "),
		op.Method + " " + op.Route,
		scope,
		mark(op.Keyed, "yes"),
		costs[op.ID],
		retried(op),
	}
	line := "| " + strings.Join(cells, " | ") + " |\n"
	return strings.ReplaceAll(line, "  |", " |")
}

// publicName returns a method as a caller writes it, without the client.
func publicName(method string) string {
	service, name, ok := strings.Cut(method, "Service.")
	if !ok {
		return "hellio." + method
	}
	for _, part := range []string{"Apps", "Extensions", "Sessions"} {
		service = strings.Replace(service, "USSD"+part, "USSD."+part, 1)
	}
	return service + "." + name
}

// retried returns the rule for an operation's retries.
func retried(op conformance.Operation) string {
	switch {
	case op.Method == http.MethodGet, op.Method == http.MethodDelete:
		return "yes"
	case op.Keyed:
		return "same key"
	default:
		return "if not sent"
	}
}
