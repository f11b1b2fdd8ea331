package hellio

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// unlisted are the texts that the search cannot match with the golden list, by
// function and pattern, each with the reason.
var unlisted = map[string]string{
	`: the attempt has ended`:                    "only the transport of an ended attempt reads it",
	`checkAge: .*: .*`:                           "cannot happen: 12 digits fit into an int64",
	`mayRetry: .*`:                               "listed as ErrRetryBudget",
	`parseEvent: .*: .*`:                         "joins two listed texts",
	`parseStep: .*: .*`:                          "listed: USSDHandler, session that is an object",
	`refuseUnmade: this .* is not made by New.*`: "logged by the default logger, which has a test",
}

// site is a place in the code that builds an error text, as patterns of which
// each must match a line of the golden list.
type site struct {
	at       token.Position
	function string // "" outside of functions
	patterns []string
}

func TestEveryErrorTextOfTheCodeIsListed(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile(textsFile)
	require.NoError(t, err)
	sites := errorSites(t)
	require.Greater(t, len(sites), 150, "the search finds the places")
	unused := maps.Clone(unlisted)
	for _, s := range sites {
		for _, p := range s.patterns {
			key := s.function + ": " + p
			if unlisted[key] != "" {
				delete(unused, key)
				continue
			}
			re, err := regexp.Compile("(?m)^.*" + p + ".* \\| ")
			require.NoError(t, err, "%s: %s", s.at, p)
			if !re.Match(golden) || vague.MatchString(p) {
				t.Errorf("%s: no line of %s matches %q", s.at, textsFile, key)
			}
		}
	}
	require.Empty(t, unused, "each exception is needed")
}

// vague patterns match any line.
var vague = regexp.MustCompile(`^(\.\*[: ]*)+$`)

// errorSites returns the places of the package that build an error text.
func errorSites(t *testing.T) (sites []site) {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	f := &siteFinder{
		fset:    token.NewFileSet(),
		globals: map[string][]ast.Expr{},
		fields:  map[string]bool{},
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(f.fset, path, nil, 0)
		require.NoError(t, err)
		files = append(files, file)
		for _, decl := range file.Decls {
			f.declare(decl)
		}
	}
	for _, file := range files {
		for _, decl := range file.Decls {
			f.locals = map[string][]ast.Expr{}
			f.function = ""
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil {
				f.function = fn.Name.Name
				f.assigned(fn.Body)
				f.literals(fn)
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				f.node(n)
				return true
			})
		}
	}
	return f.sites
}

// siteFinder finds the places and the values of the strings in them.
type siteFinder struct {
	fset    *token.FileSet
	globals map[string][]ast.Expr // constants and variables of the package
	locals  map[string][]ast.Expr // what a function assigns to a name
	fields  map[string]bool       // functions whose first param is a field's name

	function string
	sites    []site
}

func (f *siteFinder) add(n ast.Node, patterns ...string) {
	slices.Sort(patterns)
	f.sites = append(f.sites, site{
		at:       f.fset.Position(n.Pos()),
		function: f.function,
		patterns: slices.Compact(patterns),
	})
}

// declare notes package-level strings, and the functions that take the name of
// a field first.
func (f *siteFinder) declare(decl ast.Decl) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		params := d.Type.Params.List
		if len(params) > 0 && len(params[0].Names) > 0 && params[0].Names[0].Name == "field" {
			f.fields[d.Name.Name] = true
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if s, ok := spec.(*ast.ValueSpec); ok {
				note(f.globals, s)
			}
		}
	}
}

func note(known map[string][]ast.Expr, s *ast.ValueSpec) {
	for i, name := range s.Names {
		if i < len(s.Values) {
			known[name.Name] = append(known[name.Name], s.Values[i])
		}
	}
}

// assigned notes what a function assigns to its names.
func (f *siteFinder) assigned(body ast.Node) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			note(f.locals, n)
		case *ast.AssignStmt:
			if len(n.Lhs) != len(n.Rhs) {
				return true
			}
			for i, left := range n.Lhs {
				if name, ok := left.(*ast.Ident); ok {
					f.locals[name.Name] = append(f.locals[name.Name], n.Rhs[i])
				}
			}
		}
		return true
	})
}

func (f *siteFinder) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.CallExpr:
		f.call(n)
	case *ast.CompositeLit:
		if name, ok := n.Type.(*ast.Ident); ok && name.Name == "ParamError" {
			f.paramError(n)
		}
	case *ast.AssignStmt: // err.Allowed += "…"
		if sel, ok := n.Lhs[0].(*ast.SelectorExpr); ok && n.Tok == token.ADD_ASSIGN &&
			slices.Contains([]string{"Field", "Given", "Allowed"}, sel.Sel.Name) {
			f.add(n, f.values(n.Rhs[0], 0)...)
		}
	}
}

func (f *siteFinder) call(c *ast.CallExpr) {
	switch name := nameOf(c.Fun); {
	case name == "errors.New":
		f.add(c, f.values(c.Args[0], 0)...)
	case name == "fmt.Errorf":
		f.add(c, f.format(c)...)
	case strings.HasSuffix(name, ".stop"):
		f.add(c, f.values(c.Args[0], 0)...)
	case name == "bad" && f.function == "parseBaseURL":
		for _, given := range f.values(c.Args[0], 0) {
			f.add(c, "invalid base URL: got "+given+", want ")
		}
	case f.fields[name] && nameOf(c.Args[0]) != "field":
		for _, field := range f.values(c.Args[0], 0) {
			f.add(c, "invalid "+field+`(\[\d+\])?: got `)
		}
	}
}

func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return nameOf(e.X) + "." + e.Sel.Name
	default:
		return ""
	}
}

// paramError adds each value that a field of a ParamError can have, together
// with any value of the other two.
func (f *siteFinder) paramError(lit *ast.CompositeLit) {
	parts := map[string][]string{}
	for _, e := range lit.Elts {
		pair := e.(*ast.KeyValueExpr)
		parts[nameOf(pair.Key)] = f.values(pair.Value, 0)
	}
	var patterns []string
	for varied, texts := range parts {
		for _, value := range texts {
			one := maps.Clone(parts)
			one[varied] = []string{value}
			patterns = append(patterns, fmt.Sprintf("invalid (%s): got (%s), want (%s)",
				strings.Join(one["Field"], "|"),
				strings.Join(one["Given"], "|"),
				strings.Join(one["Allowed"], "|")))
		}
	}
	f.add(lit, patterns...)
}

var formatVerb = regexp.MustCompile(`%[a-z]`)

// format returns the patterns of fmt.Errorf. The error that it wraps is any.
func (f *siteFinder) format(c *ast.CallExpr) (patterns []string) {
	for _, text := range f.values(c.Args[0], 0) {
		patterns = append(patterns, formatVerb.ReplaceAllString(text, ".*"))
	}
	return patterns
}

// literals adds the texts within the methods that make an error's text.
func (f *siteFinder) literals(fn *ast.FuncDecl) {
	makers := []string{"Error", "text", "sentence", "shownCode", "shownCause", "limitError"}
	if !slices.Contains(makers, fn.Name.Name) {
		return
	}
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if ok && lit.Kind == token.STRING && strings.Contains(lit.Value, " ") {
			for _, text := range f.values(lit, 0) {
				f.add(lit, formatVerb.ReplaceAllString(text, ".*"))
			}
		}
		return true
	})
}

// values returns patterns of the strings that an expression can have.
func (f *siteFinder) values(e ast.Expr, depth int) []string {
	const any = ".*"
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		if err == nil {
			return []string{regexp.QuoteMeta(text)}
		}
	case *ast.Ident:
		exprs := f.locals[e.Name]
		if exprs == nil {
			exprs = f.globals[e.Name]
		}
		if exprs == nil || depth > 3 {
			return []string{any}
		}
		var all []string
		for _, x := range exprs {
			if lit, ok := x.(*ast.BasicLit); ok && lit.Value == `""` {
				continue // the value before a switch sets it
			}
			all = append(all, f.values(x, depth+1)...)
		}
		return all
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			var all []string
			for _, left := range f.values(e.X, depth+1) {
				for _, right := range f.values(e.Y, depth+1) {
					all = append(all, left+right)
				}
			}
			return all
		}
	case *ast.ParenExpr:
		return f.values(e.X, depth)
	}
	return []string{any}
}
