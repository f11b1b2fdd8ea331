// Package program measures what an import costs a program: its size, its start
// and its build.
package program

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	sdk     = "github.com/hellio-go/hellio"
	program = sdk + "/test/bench/internal/program/"
)

// Cost compares a program that sends an SMS through the SDK with one that sends
// it without.
type Cost struct {
	PlainBytes, HellioBytes int64
	Init                    time.Duration // of all packages outside the standard library
}

// Measure builds both programs, stripped, and starts the one that imports the
// SDK.
func Measure() (Cost, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return Cost{}, err
	}
	defer os.RemoveAll(dir)
	plain, err := build(dir, "plain")
	if err != nil {
		return Cost{}, err
	}
	hellio, err := build(dir, "hellio")
	if err != nil {
		return Cost{}, err
	}
	started, err := initTime(filepath.Join(dir, "hellio"))
	return Cost{PlainBytes: plain, HellioBytes: hellio, Init: started}, err
}

// build builds a stripped program in dir and returns its size.
func build(dir, name string) (int64, error) {
	path := filepath.Join(dir, name)
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", path}
	if _, err := goTool(nil, append(args, program+name)...); err != nil {
		return 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// initTime returns the median init time of 21 starts.
func initTime(path string) (time.Duration, error) {
	times := make([]time.Duration, 21)
	for i := range times {
		var trace bytes.Buffer
		cmd := exec.Command(path)
		cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
		cmd.Stderr = &trace
		if err := cmd.Run(); err != nil {
			return 0, err
		}
		times[i] = sumInits(trace.String())
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// initLine matches packages outside the standard library, whose path has a dot
// in its first element.
var initLine = regexp.MustCompile(`(?m)^init [^/ ]*\.\S* @\S+ ms, (\S+) ms clock`)

// sumInits returns the sum of the init times of packages outside the standard
// library in a trace of the runtime.
func sumInits(trace string) time.Duration {
	var sum time.Duration
	for _, match := range initLine.FindAllStringSubmatch(trace, -1) {
		ms, err := strconv.ParseFloat(match[1], 64)
		if err == nil {
			sum += time.Duration(ms * float64(time.Millisecond))
		}
	}
	return sum
}

// CleanBuild returns the time to compile the SDK and its dependencies, with a
// build cache that holds only the standard library.
func CleanBuild() (time.Duration, error) {
	cache, err := os.MkdirTemp("", "bench")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(cache)
	env := []string{"GOCACHE=" + cache}
	listed, err := goTool(env, "list", "-deps", "-f", "{{if .Standard}}{{.ImportPath}}{{end}}", sdk)
	if err != nil {
		return 0, err
	}
	if _, err := goTool(env, append([]string{"build"}, strings.Fields(listed)...)...); err != nil {
		return 0, err
	}
	start := time.Now()
	_, err = goTool(env, "build", sdk)
	return time.Since(start), err
}

// goTool runs the go command and returns its standard output. An error contains
// its standard error.
func goTool(env []string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", args[0], err, stderr.String())
	}
	return stdout.String(), nil
}
