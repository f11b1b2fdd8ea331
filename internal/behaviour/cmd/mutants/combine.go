package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// combination is a source file whose functions have mutants: copies with
// another name, and a function that calls the active one.
type combination struct {
	source  string
	file    *ast.File
	base    token.Pos
	mutants map[int][]copied // by the index of the declaration
}

// copied is a mutant of a function.
type copied struct {
	number int
	text   string
}

func newCombination(source string) *combination {
	c := &combination{source: source, mutants: make(map[int][]copied)}
	c.file, c.base = parse(source)
	return c
}

func parse(source string) (*ast.File, token.Pos) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", source, parser.SkipObjectResolution)
	if err != nil {
		return nil, 0
	}
	return file, file.FileStart
}

// add adds a mutated source. It reports false if the change is not within one
// function.
func (c *combination) add(mutated string, number int) bool {
	file, base := parse(mutated)
	if file == nil || len(file.Decls) != len(c.file.Decls) {
		return false
	}
	for i, decl := range c.file.Decls {
		if slice(c.source, c.base, decl) == slice(mutated, base, file.Decls[i]) {
			continue
		}
		now, isFunc := file.Decls[i].(*ast.FuncDecl)
		before, wasFunc := decl.(*ast.FuncDecl)
		if !isFunc || !wasFunc || before.Name.Name != now.Name.Name {
			return false
		}
		text := renamed(mutated, base, now, number)
		c.mutants[i] = append(c.mutants[i], copied{number, text})
		return true
	}
	return false
}

func slice(source string, base token.Pos, node ast.Node) string {
	return source[node.Pos()-base : node.End()-base]
}

// renamed returns a function under the name of a mutant; 0 is the original.
func renamed(source string, base token.Pos, f *ast.FuncDecl, number int) string {
	start, end := f.Type.Pos(), f.End()
	name := fmt.Sprintf("%s__%d", f.Name.Name, number)
	return source[start-base:f.Name.Pos()-base] + name + source[f.Name.End()-base:end-base]
}

// text returns the file with all mutants.
func (c *combination) text() string {
	var out strings.Builder
	from := 0
	for i, decl := range c.file.Decls {
		if len(c.mutants[i]) == 0 {
			continue
		}
		f := decl.(*ast.FuncDecl)
		out.WriteString(c.source[from : f.Type.Pos()-c.base])
		from = int(f.End() - c.base)
		out.WriteString(renamed(c.source, c.base, f, 0) + "\n\n" + c.dispatcher(f, c.mutants[i]))
		for _, m := range c.mutants[i] {
			out.WriteString("\n" + m.text + "\n")
		}
	}
	out.WriteString(c.source[from:])
	return out.String()
}

// dispatcher returns a function that calls the active mutant.
func (c *combination) dispatcher(f *ast.FuncDecl, all []copied) string {
	of := func(n ast.Node) string { return slice(c.source, c.base, n) }
	receiver, call := "", ""
	if f.Recv != nil {
		receiver = "(r0 " + of(f.Recv.List[0].Type) + ") "
		call = "r0."
	}
	var params, args, results []string
	for _, field := range f.Type.Params.List {
		for range max(1, len(field.Names)) {
			name := fmt.Sprintf("a%d", len(args))
			params = append(params, name+" "+of(field.Type))
			if _, variadic := field.Type.(*ast.Ellipsis); variadic {
				name += "..."
			}
			args = append(args, name)
		}
	}
	if f.Type.Results != nil {
		for _, field := range f.Type.Results.List {
			for range max(1, len(field.Names)) {
				results = append(results, of(field.Type))
			}
		}
	}
	generic := ""
	if f.Type.TypeParams != nil {
		generic = of(f.Type.TypeParams)
	}
	calling := func(number int) string {
		text := fmt.Sprintf("%s%s__%d(%s)", call, f.Name.Name, number, strings.Join(args, ", "))
		if len(results) > 0 {
			return "return " + text
		}
		return text + "; return"
	}
	body := "switch activeMutant {\n"
	for _, m := range all {
		body += fmt.Sprintf("case %d:\n%s\n", m.number, calling(m.number))
	}
	return fmt.Sprintf("func %s%s%s(%s) (%s) {\n%s}\n%s\n}\n", receiver, f.Name.Name, generic,
		strings.Join(params, ", "), strings.Join(results, ", "), body, calling(0))
}
