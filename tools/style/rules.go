package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	ruleCommentWidth = "comment over 80 columns"
	ruleCodeWidth    = "code over 120 columns"
	ruleVerbs        = "comment says gives or tells"
	ruleUncommented  = "exported name without a comment"
	rulePacked       = "packed literal"
	ruleTuple        = "assignment of three or more"
	ruleShadow       = "shadowed name"
	ruleTestName     = "test name above 8 words"
)

const (
	commentWidth = 80
	longWidth    = 100
	codeWidth    = 120
	packedFields = 4
	tupleWidth   = 3
	testWords    = 8
)

var (
	verbs     = regexp.MustCompile(`\b(gives?|tells?|mends?|whoever|anew)\b`)
	generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)
)

// scope is where a package-level name is visible: what a test file declares is
// not visible in the package's other files.
type scope struct {
	pkg  string
	test bool
}

// folder is the Go files of one folder.
type folder struct {
	fset  *token.FileSet
	names map[scope]map[string]bool // package-level names
	found []finding
	lines int // of code
	long  int // of them over 100 columns
}

func checkFolder(paths []string) (*folder, error) {
	f := &folder{
		fset:  token.NewFileSet(),
		names: map[scope]map[string]bool{},
	}
	var files []*ast.File
	for _, path := range paths {
		source, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		const mode = parser.ParseComments | parser.SkipObjectResolution
		file, err := parser.ParseFile(f.fset, path, source, mode)
		if err != nil {
			return nil, err
		}
		if generated.Match(source) {
			continue
		}
		files = append(files, file)
		f.collect(file)
		f.widths(file, string(source))
	}
	for _, file := range files {
		f.comments(file)
		f.code(file)
	}
	return f, nil
}

func (f *folder) isTest(file *ast.File) bool {
	return strings.HasSuffix(f.fset.Position(file.Pos()).Filename, "_test.go")
}

func (f *folder) add(rule string, at token.Pos, text string) {
	p := f.fset.Position(at)
	f.found = append(f.found, finding{
		rule: rule,
		file: p.Filename,
		line: p.Line,
		text: text,
	})
}

// widths counts columns, a tab as four. A comment behind code counts as code. A
// comment with a URL, which cannot wrap, has no limit.
func (f *folder) widths(file *ast.File, source string) {
	tokens := f.fset.File(file.Pos())
	for i, line := range strings.Split(source, "\n") {
		columns := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    "))
		trimmed := strings.TrimSpace(line)
		at := tokens.LineStart(min(i+1, tokens.LineCount()))
		comment := strings.HasPrefix(trimmed, "//")
		if trimmed != "" && !comment {
			f.lines++
			if columns > longWidth {
				f.long++
			}
		}
		switch {
		case strings.HasPrefix(trimmed, "//go:"), comment && strings.Contains(trimmed, "://"):
		case comment && columns > commentWidth:
			f.add(ruleCommentWidth, at, trimmed)
		case !comment && columns > codeWidth:
			f.add(ruleCodeWidth, at, trimmed)
		}
	}
}

// collect notes the package-level names of a file.
func (f *folder) collect(file *ast.File) {
	in := scope{pkg: file.Name.Name, test: f.isTest(file)}
	names := f.names[in]
	if names == nil {
		names = map[string]bool{}
		f.names[in] = names
	}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				names[d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					names[s.Name.Name] = true
				case *ast.ValueSpec:
					for _, name := range s.Names {
						names[name.Name] = true
					}
				}
			}
		}
	}
}

// comments checks the words of comments, and that exported names have one.
func (f *folder) comments(file *ast.File) {
	for _, group := range file.Comments {
		for _, c := range group.List {
			if word := verbs.FindString(c.Text); word != "" {
				f.add(ruleVerbs, c.Pos(), word)
			}
		}
	}
	if f.isTest(file) || file.Name.Name == "main" {
		return
	}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) && !isMarker(d) {
				f.add(ruleUncommented, d.Pos(), d.Name.Name)
			}
		case *ast.GenDecl:
			f.uncommented(d)
		}
	}
}

func (f *folder) uncommented(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
				f.add(ruleUncommented, s.Pos(), s.Name.Name)
			}
		case *ast.ValueSpec:
			if s.Names[0].IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
				f.add(ruleUncommented, s.Pos(), s.Names[0].Name)
			}
		}
	}
}

// isMarker reports methods that the standard library's interfaces document.
func isMarker(d *ast.FuncDecl) bool {
	documented := []string{"Error", "Unwrap", "Is", "As", "String"}
	return d.Recv != nil && slices.Contains(documented, d.Name.Name)
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if index, ok := t.(*ast.IndexExpr); ok {
		t = index.X
	}
	name, ok := t.(*ast.Ident)
	return ok && name.IsExported()
}

// code checks literals, assignments, local names and test names.
func (f *folder) code(file *ast.File) {
	taken := maps.Clone(f.names[scope{pkg: file.Name.Name}])
	if f.isTest(file) {
		if taken == nil {
			taken = map[string]bool{}
		}
		maps.Copy(taken, f.names[scope{pkg: file.Name.Name, test: true}])
	}
	imports := map[string]bool{}
	for _, i := range file.Imports {
		path := strings.Trim(i.Path.Value, "`\"")
		name := path[strings.LastIndex(path, "/")+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		imports[name] = true
	}
	local := func(name *ast.Ident) {
		if name.Name != "_" && (taken[name.Name] || imports[name.Name]) {
			f.add(ruleShadow, name.Pos(), name.Name)
		}
	}
	for _, decl := range file.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok {
			ast.Inspect(decl, func(n ast.Node) bool { return f.node(n, nil) })
			continue
		}
		f.testName(fn, f.isTest(file))
		if fn.Recv != nil {
			locals(fn.Recv, local)
		}
		ast.Inspect(fn, func(n ast.Node) bool { return f.node(n, local) })
	}
}

func (f *folder) node(n ast.Node, local func(*ast.Ident)) bool {
	switch n := n.(type) {
	case *ast.CompositeLit:
		f.packed(n)
	case *ast.AssignStmt:
		if len(n.Lhs) >= tupleWidth && len(n.Rhs) >= tupleWidth {
			f.add(ruleTuple, n.Pos(), "")
		}
		if n.Tok == token.DEFINE && local != nil {
			for _, left := range n.Lhs {
				if name, ok := left.(*ast.Ident); ok {
					local(name)
				}
			}
		}
	case *ast.RangeStmt:
		for _, e := range []ast.Expr{n.Key, n.Value} {
			if name, ok := e.(*ast.Ident); ok && n.Tok == token.DEFINE && local != nil {
				local(name)
			}
		}
	case *ast.FuncType:
		if local != nil {
			locals(n.Params, local)
			locals(n.Results, local)
		}
	case *ast.ValueSpec:
		if local != nil {
			for _, name := range n.Names {
				local(name)
			}
		}
	}
	return true
}

func locals(fields *ast.FieldList, local func(*ast.Ident)) {
	if fields == nil {
		return
	}
	for _, field := range fields.List {
		for _, name := range field.Names {
			local(name)
		}
	}
}

// packed finds a keyed literal of a struct with four or more fields, of which
// two share a line.
func (f *folder) packed(lit *ast.CompositeLit) {
	lines := map[int]bool{}
	fields := 0
	for _, e := range lit.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return
		}
		if _, ok := pair.Key.(*ast.Ident); !ok {
			return
		}
		fields++
		lines[f.fset.Position(pair.Pos()).Line] = true
	}
	if fields >= packedFields && len(lines) < fields && lit.Type != nil {
		f.add(rulePacked, lit.Pos(), "")
	}
}

// testName counts the words of a test's name.
func (f *folder) testName(fn *ast.FuncDecl, isTestFile bool) {
	name, ok := strings.CutPrefix(fn.Name.Name, "Test")
	if !ok || fn.Recv != nil || !isTestFile {
		return
	}
	if n := words(name); n > testWords {
		f.add(ruleTestName, fn.Pos(), fn.Name.Name)
	}
}

// words counts the words of a name in camel case; a run of capitals, such as
// HTTP, is one word together with the digits behind it.
func words(name string) int {
	runes := []rune(name)
	n := 0
	for i, r := range runes {
		last := i == 0 || !unicode.IsUpper(runes[i-1])
		next := i+1 < len(runes) && unicode.IsLower(runes[i+1])
		begins := unicode.IsUpper(r) && (last || next)
		if begins || r == '_' {
			n++
		}
	}
	return n
}
