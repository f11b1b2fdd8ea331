package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/api"
)

// documented are the routes of api/control.yaml: test/conformance/ holds their
// answers to it.
func documented() (routes []string) {
	path := ""
	rows := regexp.MustCompile(`(?m)^ {2}(/\S+):$|^ {4}(get|put|post|patch|delete):$`)
	for _, line := range rows.FindAllStringSubmatch(string(api.Control()), -1) {
		if line[1] != "" {
			path = line[1]
			continue
		}
		routes = append(routes, strings.ToUpper(line[2])+" "+path)
	}
	return routes
}

func TestTheDocumentNamesTheControlRoutes(t *testing.T) {
	t.Parallel()
	var served []string
	for _, rt := range newControl(nil).routes {
		if strings.HasPrefix(rt.path, "/_fake/") || rt.path == "/livez" || rt.path == "/readyz" {
			served = append(served, rt.method+" "+rt.path)
		}
	}
	require.ElementsMatch(t, served, documented())
}
