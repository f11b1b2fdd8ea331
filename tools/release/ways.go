package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// way is one way in which others use a module.
type way struct {
	name  string
	steps func(*walk)
}

// ways are taken in an empty folder each.
var ways = []way{
	{"go get hellio; send an SMS", func(w *walk) {
		w.write("main.go", usesCore)
		w.run("go", "mod", "init", "example.com/app")
		w.run("go", "get", core+"@"+version)
		w.run("go", "vet", "./...")
		w.run("go", "run", ".")
	}},
	{"go get helliotest; go test", func(w *walk) {
		w.write("app_test.go", testsCore)
		w.run("go", "mod", "init", "example.com/app")
		w.run("go", "get", "-t", core+"/helliotest@"+version)
		w.run("go", "test", "./...")
	}},
	{"go get helliootel", imports("helliootel")},
	{"go get hellioredis", imports("hellioredis")},
	{"go get helliobulk", imports("helliobulk")},
	{"go get helliobulk/fleet", imports("helliobulk/fleet")},
	{"go install hellio-fake", func(w *walk) {
		w.run("go", "install", core+"/cmd/hellio-fake@"+version)
		w.help("hellio-fake")
	}},
	{"go install hellio-verify", func(w *walk) {
		w.run("go", "install", core+"/cmd/hellio-verify@"+version)
		w.help("hellio-verify")
	}},
	{"go install hellio-bulk", func(w *walk) {
		w.run("go", "install", core+"/helliobulk/cmd/hellio-bulk@"+version)
		w.help("hellio-bulk")
	}},
	{"go run quickstart", func(w *walk) {
		w.run("go", "run", core+"/examples/quickstart@"+version)
	}},
	{"go get -tool hellio-fake", func(w *walk) {
		w.run("go", "mod", "init", "example.com/app")
		w.run("go", "get", "-tool", core+"/cmd/hellio-fake@"+version)
		w.run("go", "build", "-o", os.DevNull, core+"/cmd/hellio-fake")
	}},
	{"git clone; go test; nothing changes", func(w *walk) {
		root, err := repository()
		if err != nil {
			w.fail(err.Error())
		}
		w.run("git", "clone", "--quiet", root, "clone")
		w.cd("clone")
		w.env = append(w.env, "GOWORK=")
		w.run("go", "test", "-count=1", "-short", "-run", "Example", "./...")
		if changed := w.run("git", "status", "--porcelain"); changed != "" {
			w.fail("go test changed " + changed)
		}
	}},
}

// imports is the way of a program that imports a package and builds it.
func imports(folder string) func(*walk) {
	return func(w *walk) {
		w.write("main.go", "package main\n\nimport _ \""+core+"/"+folder+"\"\n\nfunc main() {}\n")
		w.run("go", "mod", "init", "example.com/app")
		w.run("go", "get", core+"/"+folder+"@"+version)
		w.run("go", "mod", "tidy")
		w.run("go", "build", "-o", "app", ".")
	}
}

const usesCore = `package main

import (
	"context"
	"fmt"
	"log"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func main() {
	fake, err := helliotest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	sent, err := fake.Client().SMS.Send(context.Background(), &hellio.SMSSendParams{
		Recipients: []string{"+233209990001"},
		Sender:     "ACME",
		Message:    "Hello",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sent.Reference)
}
`

const testsCore = `package app

import (
	"testing"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func TestSend(t *testing.T) {
	fake := helliotest.New(t)
	params := &hellio.SMSSendParams{
		Recipients: []string{"+233209990001"},
		Sender:     "ACME",
		Message:    "Hello",
	}
	if _, err := fake.Client().SMS.Send(t.Context(), params); err != nil {
		t.Fatal(err)
	}
}
`

// walk is a way that is taken. After the first failure its steps do nothing.
type walk struct {
	dir string
	env []string
	log strings.Builder
	err error
}

// take runs the steps in dir and returns what they print.
func (w way) take(dir string, env []string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	taken := &walk{dir: dir, env: env}
	w.steps(taken)
	return taken.log.String(), taken.err
}

// run runs a command and returns what it prints. It ends the walk if the
// command fails.
func (w *walk) run(name string, args ...string) string {
	out, err := w.try(name, args...)
	w.err = err
	return out
}

// try is run for a command that may fail.
func (w *walk) try(name string, args ...string) (out string, err error) {
	if w.err != nil {
		return "", w.err
	}
	out, err = output(w.dir, w.env, name, args...)
	w.log.WriteString(name + " " + strings.Join(args, " ") + "\n" + out + "\n")
	return out, err
}

// help runs an installed program, which must print its usage.
func (w *walk) help(name string) {
	out, _ := w.try(filepath.Join(w.variable("BIN"), name), "-h")
	if !strings.Contains(out, name) {
		w.fail(name + " -h does not print its usage")
	}
}

func (w *walk) fail(why string) {
	if w.err == nil {
		w.err = errors.New(why)
		w.log.WriteString(why + "\n")
	}
}

func (w *walk) cd(folder string) { w.dir = filepath.Join(w.dir, folder) }

func (w *walk) write(name, text string) {
	if w.err == nil {
		w.err = os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600)
	}
}

// variable returns the last value of an environment variable.
func (w *walk) variable(name string) (value string) {
	for _, v := range w.env {
		if rest, ok := strings.CutPrefix(v, name+"="); ok {
			value = rest
		}
	}
	return value
}

// commit returns the hash of rev, which a clone may know by another name.
func (w *walk) commit(root, rev string) string {
	hash, err := output(root, nil, "git", "rev-parse", rev+"^{commit}")
	if err != nil {
		w.fail(err.Error())
	}
	return hash
}
