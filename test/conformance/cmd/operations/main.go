// Command operations prints, for each operation of the API's document, the
// client method that calls it, whether the fake routes it, its Example, and how
// many responses the conformance flows must show. It exits with status 1 if
// anything is missing, or if the table of docs/operations.md is not current.
// Run it from the root of the repository; with -update it writes the table:
//
//	go run ./test/conformance/cmd/operations [-update]
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/test/conformance"
)

var update = flag.Bool("update", false, "write the table of docs/operations.md")

func main() {
	flag.Parse()
	gaps, err := run(".", os.Stdout)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "operations:", err)
		os.Exit(1)
	case gaps > 0:
		os.Exit(1)
	}
}

// run prints the table and returns the number of gaps in it.
func run(root string, out io.Writer) (gaps int, err error) {
	document, err := conformance.Load()
	if err != nil {
		return 0, err
	}
	src, err := readClient(root)
	if err != nil {
		return 0, err
	}
	fake, err := helliotest.Start(helliotest.Lenient())
	if err != nil {
		return 0, err
	}
	defer fake.Close()
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table,
		"operation\troute\tscope\tkey\tclient method\tfake\tExample\tdocumented responses")
	operations := document.Operations()
	for _, op := range operations {
		method := ""
		if methods := src.methods[op.Method+" "+op.Route]; len(methods) > 0 {
			method = methods[0]
		}
		cells := []string{
			op.ID,
			op.Method + " " + op.Route,
			op.Scope,
			mark(op.Keyed, "keyed"),
			method,
			mark(routed(fake, op), "routed"),
			src.example(method),
		}
		for i, cell := range cells {
			if cell == "" && i != 2 && i != 3 {
				cells[i] = "MISSING"
				gaps++
			}
		}
		fmt.Fprintf(table, "%s\t%d\n", strings.Join(cells, "\t"), len(op.Cases))
	}
	if err := table.Flush(); err != nil {
		return gaps, err
	}
	now, want, err := readPage(root, operations, src)
	switch {
	case err != nil:
		return gaps, err
	case bytes.Equal(now, want):
	case *update:
		if err := os.WriteFile(filepath.Join(root, pagePath), want, 0o644); err != nil {
			return gaps, err
		}
	default:
		fmt.Fprintf(out, "\n%s is not current: run with -update\n", pagePath)
		gaps++
	}
	_, err = fmt.Fprintf(out, "\n%d operations, %d gaps\n", len(operations), gaps)
	return gaps, err
}

func mark(yes bool, text string) string {
	if yes {
		return text
	}
	return ""
}

// routed reports whether the fake routes op. A request without a token then
// gets neither 404 nor 405.
func routed(fake *helliotest.Fake, op conformance.Operation) bool {
	req, err := http.NewRequest(op.Method,
		"https://fake.hellio.invalid/v1"+strings.ReplaceAll(op.Route, "{id}", "1"), nil)
	if err != nil {
		return false
	}
	resp, err := fake.HTTPClient().Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusMethodNotAllowed
}
