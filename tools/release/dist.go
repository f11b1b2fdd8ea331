package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// program is a command of which a release has binaries.
type program struct{ name, module, folder string }

var programs = []program{
	{name: "hellio-fake", module: "", folder: "cmd/hellio-fake"},
	{name: "hellio-verify", module: "", folder: "cmd/hellio-verify"},
	{name: "hellio-bulk", module: "helliobulk", folder: "helliobulk/cmd/hellio-bulk"},
}

// targets are the systems of the binaries.
var targets = []string{
	"darwin/amd64", "darwin/arm64",
	"linux/386", "linux/amd64", "linux/arm", "linux/arm64",
	"windows/amd64", "windows/arm64",
}

// distribute writes the binaries of a commit into dir, and for each program the
// licences and the SBOM of what is linked. SHA256SUMS lists all files. It
// builds in a clone that has the tags of the release, from which go build takes
// the version. The same commit and toolchain make the same bytes.
func distribute(rev, dir string, systems []string) (err error) {
	root, err := repository()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := checkOut(root, rev, work); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, p := range programs {
		var binaries []string
		for _, target := range systems {
			binary := filepath.Join(dir, p.file(target))
			if err := p.build(work, binary, target); err != nil {
				return err
			}
			binaries = append(binaries, binary)
		}
		if err := p.describe(work, dir, binaries); err != nil {
			return err
		}
	}
	return writeSums(dir)
}

// checkOut clones root into dir at rev, and tags the modules there.
func checkOut(root, rev, dir string) error {
	hash, err := output(root, nil, "git", "rev-parse", rev+"^{commit}")
	if err != nil {
		return err
	}
	commands := [][]string{
		{"clone", "--quiet", "--no-checkout", root, "."},
		{"-c", "advice.detachedHead=false", "checkout", "--quiet", hash},
	}
	for _, m := range modules {
		commands = append(commands, []string{"tag", "--force", path.Join(m.folder, version)})
	}
	for _, args := range commands {
		if _, err := output(dir, nil, "git", args...); err != nil {
			return err
		}
	}
	return nil
}

// file returns the name of a binary, such as hellio-fake_v0.1.0_linux_amd64.
func (p program) file(target string) string {
	name := strings.Join([]string{p.name, version, strings.ReplaceAll(target, "/", "_")}, "_")
	if strings.HasPrefix(target, "windows/") {
		name += ".exe"
	}
	return name
}

func (p program) build(root, binary, target string) error {
	system, arch, _ := strings.Cut(target, "/")
	env := append(os.Environ(), "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=")
	_, err := output(filepath.Join(root, p.folder), env,
		"go", "build", "-buildvcs=true", "-trimpath", "-ldflags=-s -w", "-o", binary, ".")
	return err
}

// writeSums writes SHA256SUMS in the form that sha256sum -c reads.
func writeSums(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var sums strings.Builder
	for _, e := range entries {
		if e.Name() == "SHA256SUMS" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(data), e.Name())
	}
	return os.WriteFile(filepath.Join(dir, "SHA256SUMS"), []byte(sums.String()), 0o644)
}
