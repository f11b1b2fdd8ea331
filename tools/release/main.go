// Command release rehearses a release: it serves a commit as the versions that
// its tags would publish, from a folder and with an empty module cache, and
// takes each way in which others use the modules. It publishes nothing.
//
//	go -C tools run ./release [-rev HEAD] [-v]
//	go -C tools run ./release -proxy DIR
//	go -C tools run ./release -dist DIR
//
// With -proxy it only writes the folder, for go get in one module:
//
//	GOWORK=off GONOSUMDB='*' GOPROXY=file://DIR,$(go env GOPROXY) go get …
//
// With -dist it only writes the binaries, their checksums, SBOMs and licences.
//
// Otherwise it prints a line for each way, and exits with status 1 if one
// fails.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	rev := flag.String("rev", "HEAD", "the commit to release")
	verbose := flag.Bool("v", false, "print what each command prints")
	proxy := flag.String("proxy", "", "write the folder, and end")
	dist := flag.String("dist", "", "write the binaries, and end")
	flag.Parse()
	var failed int
	var err error
	switch {
	case *proxy != "":
		err = publishAll(*rev, *proxy)
	case *dist != "":
		err = distribute(*rev, *dist, targets)
	default:
		failed, err = rehearse(*rev, *verbose)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(2)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

// rehearse serves rev, takes each way and returns how many failed.
func rehearse(rev string, verbose bool) (failed int, err error) {
	root, err := repository()
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "release")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	proxy := filepath.Join(dir, "proxy")
	if err := publishAll(rev, proxy); err != nil {
		return 0, err
	}
	env, err := outsider(dir, proxy)
	if err != nil {
		return 0, err
	}
	all := ways
	for _, m := range modules {
		all = append(all, m.alone(root, rev))
	}
	for i, w := range all {
		began := time.Now()
		out, err := w.take(filepath.Join(dir, fmt.Sprint("way", i)), env)
		result := "ok"
		if err != nil {
			failed++
			result = "FAIL"
		}
		fmt.Printf("%-4s %5.1fs  %s\n", result, time.Since(began).Seconds(), w.name)
		if err != nil || verbose {
			fmt.Println(out)
		}
	}
	if failed > 0 {
		fmt.Printf("%d of %d ways fail\n", failed, len(all))
	} else {
		fmt.Printf("all %d ways work\n", len(all))
	}
	return failed, nil
}

// outsider returns the environment of someone who has neither this checkout nor
// a module cache. Modules other than ours come from this machine's cache, as
// from a proxy, or from its proxy.
func outsider(dir, proxy string) ([]string, error) {
	cache, err := output("", nil, "go", "env", "GOMODCACHE")
	if err != nil {
		return nil, err
	}
	others, err := output("", nil, "go", "env", "GOPROXY")
	if err != nil {
		return nil, err
	}
	sources := []string{
		"file://" + proxy,
		"file://" + filepath.Join(cache, "cache", "download"),
		others,
	}
	return append(
		os.Environ(),
		"GOWORK=off",
		"GOFLAGS=-modcacherw -trimpath", // trimmed paths let runs share the build cache
		"GOPROXY="+strings.Join(sources, ","),
		"GONOSUMDB="+core,
		"GOMODCACHE="+filepath.Join(dir, "modcache"),
		"GOBIN="+filepath.Join(dir, "bin"),
		"BIN="+filepath.Join(dir, "bin"),
	), nil
}

// output runs a command in dir and returns what it prints, without the last
// line break.
func output(dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	text := strings.TrimSuffix(string(out), "\n")
	if err != nil {
		return text, fmt.Errorf("%s: %w: %s", cmd, err, text)
	}
	return text, nil
}
