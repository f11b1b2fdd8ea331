package main

import (
	"go/ast"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const original = `package p

const limit = 1

// sum adds.
func (t T[K]) sum(a, b int, more ...int) (n int, err error) { return a + b, nil }

func log(text string) { print(text) }
`

func TestMutantsOfFunctionsShareASource(t *testing.T) {
	t.Parallel()
	c := newCombination(original)
	require.True(t, c.add(strings.Replace(original, "a + b", "a - b", 1), 3))
	require.True(t, c.add(strings.Replace(original, "a + b", "b", 1), 7))
	require.True(t, c.add(strings.Replace(original, "print(text)", "", 1), 8))
	text := c.text()
	file, _ := parse(text)
	require.NotNil(t, file, text)
	var names []string
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok {
			names = append(names, f.Name.Name)
		}
	}
	require.Equal(t, []string{"sum__0", "sum", "sum__3", "sum__7", "log__0", "log", "log__8"}, names)
	require.Contains(t, text, "case 7:\nreturn r0.sum__7(a0, a1, a2...)\n")
	require.Contains(t, text, "(a0 int, a1 int, a2 ...int) (int, error)")
	require.Contains(t, text, "case 8:\nlog__8(a0); return\n")
}

func TestAMutantOutsideFunctionsNeedsABuild(t *testing.T) {
	t.Parallel()
	c := newCombination(original)
	require.False(t, c.add(strings.Replace(original, "limit = 1", "limit = 2", 1), 1))
	require.False(t, c.add(strings.Replace(original, "sum(", "total(", 1), 2))
	require.False(t, c.add("no Go", 3))
	require.Equal(t, original, c.text())
}
