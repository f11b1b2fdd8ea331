package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// source is what the client's files contain.
type source struct {
	methods  map[string][]string // from "POST /sms/send" to SMSService.Send
	examples map[string]bool     // names of Example functions
}

// example returns the name of a method's Example, or "".
func (s source) example(method string) string {
	name := "Example" + strings.ReplaceAll(method, ".", "_")
	if method != "" && s.examples[name] {
		return name
	}
	return ""
}

// readClient finds the functions that mention an operation of
// internal/contract, and the Examples.
func readClient(root string) (source, error) {
	s := source{methods: map[string][]string{}, examples: map[string]bool{}}
	routes, err := readRoutes(filepath.Join(root, "internal", "contract", "operations.go"))
	if err != nil {
		return s, err
	}
	files, err := filepath.Glob(filepath.Join(root, "*.go"))
	if err != nil || len(files) == 0 {
		return s, fs.ErrNotExist
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return s, err
		}
		for _, declaration := range file.Decls {
			if fn, ok := declaration.(*ast.FuncDecl); ok {
				s.add(fn, routes, strings.HasSuffix(path, "_test.go"))
			}
		}
	}
	return s, nil
}

func (s source) add(fn *ast.FuncDecl, routes map[string]string, test bool) {
	if test {
		s.examples[fn.Name.Name] = strings.HasPrefix(fn.Name.Name, "Example")
		return
	}
	if !fn.Name.IsExported() {
		return
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		route, known := routes[selector.Sel.Name]
		if pkg, ok := selector.X.(*ast.Ident); ok && pkg.Name == "contract" && known &&
			!slices.Contains(s.methods[route], methodName(fn)) {
			s.methods[route] = append(s.methods[route], methodName(fn))
		}
		return true
	})
}

// methodName returns Service.Method, or the name of a plain function.
func methodName(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return fn.Name.Name
	}
	if pointer, ok := fn.Recv.List[0].Type.(*ast.StarExpr); ok {
		if service, ok := pointer.X.(*ast.Ident); ok {
			return service.Name + "." + fn.Name.Name
		}
	}
	return fn.Name.Name
}

// readRoutes maps the names of the operations' variables to "METHOD /route".
func readRoutes(path string) (map[string]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return nil, err
	}
	routes := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if literal, ok := spec.Values[0].(*ast.CompositeLit); ok {
			method := strings.ToUpper(field(literal, "Method"))
			routes[spec.Names[0].Name] = method + " " + field(literal, "Route")
		}
		return true
	})
	return routes, nil
}

// field returns the text of a literal's field, which is a string or
// http.MethodX.
func field(literal *ast.CompositeLit, name string) string {
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if key, isName := pair.Key.(*ast.Ident); !ok || !isName || key.Name != name {
			continue
		}
		switch value := pair.Value.(type) {
		case *ast.BasicLit:
			text, _ := strconv.Unquote(value.Value)
			return text
		case *ast.SelectorExpr:
			return strings.TrimPrefix(value.Sel.Name, "Method")
		}
	}
	return ""
}
