package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const (
	core    = "github.com/hellio-go/hellio"
	version = "v0.1.0"
)

// published is a module that a release publishes.
type published struct {
	folder string // in the repository; "" is the root
}

// modules are in the order of their tags: each requires only earlier ones.
var modules = []published{{""}, {"hellioredis"}, {"helliobulk"}, {"helliootel"}}

func (m published) path() string { return path.Join(core, m.folder) }

// publishAll writes all modules at rev into a folder that serves as a GOPROXY.
func publishAll(rev, proxy string) error {
	root, err := repository()
	if err != nil {
		return err
	}
	for _, m := range modules {
		if err := m.publish(root, rev, proxy); err != nil {
			return err
		}
	}
	return nil
}

// repository returns the root of this checkout.
func repository() (string, error) { return output("", nil, "git", "rev-parse", "--show-toplevel") }

// publish writes the module at rev into a folder that serves as a GOPROXY.
func (m published) publish(root, rev, proxy string) (err error) {
	escaped, err := module.EscapePath(m.path())
	if err != nil {
		return err
	}
	base := filepath.Join(proxy, escaped, "@v")
	if err := os.MkdirAll(base, 0o755); err != nil {
		return err
	}
	mod, err := output(root, nil, "git", "show", rev+":"+path.Join(m.folder, "go.mod"))
	if err != nil {
		return err
	}
	archive, err := os.Create(filepath.Join(base, version+".zip"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, archive.Close()) }()
	id := module.Version{Path: m.path(), Version: version}
	if err := zip.CreateFromVCS(archive, id, root, rev, m.folder); err != nil {
		return fmt.Errorf("%s: %w", m.path(), err)
	}
	info := fmt.Sprintf(`{"Version":%q,"Time":"2026-01-01T00:00:00Z"}`, version)
	for name, text := range map[string]string{
		"list":            version + "\n",
		version + ".mod":  mod + "\n",
		version + ".info": info,
	} {
		if err := os.WriteFile(filepath.Join(base, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// alone is the way of a contributor who works on one module without the
// workspace. go.sum can't have the sums of versions of the same commit, so tidy
// may add them.
func (m published) alone(root, rev string) way {
	name := "git clone; GOWORK=off go mod tidy, vet, build in " + path.Join(".", m.folder)
	return way{name: name, steps: func(w *walk) {
		w.run("git", "clone", "--quiet", "--no-checkout", root, "clone")
		w.run("git", "-C", "clone", "checkout", "--quiet", w.commit(root, rev))
		w.cd(path.Join("clone", m.folder))
		w.tidyAddsOnlyOurSums()
		w.run("go", "vet", "./...")
		w.run("go", "build", "./...")
	}}
}

// tidyAddsOnlyOurSums fails if go mod tidy changes more than the sums of our
// own modules, and then tidies.
func (w *walk) tidyAddsOnlyOurSums() {
	diff, _ := w.try("go", "mod", "tidy", "-diff") // it fails if there is a diff
	for line := range strings.Lines(diff) {
		changed := strings.HasPrefix(line, "+") || strings.HasPrefix(line, "-")
		header := strings.HasPrefix(line, "+++") || strings.HasPrefix(line, "---")
		if changed && !header && !strings.HasPrefix(line, "+"+core) {
			w.fail("go mod tidy changes: " + line)
		}
	}
	w.run("go", "mod", "tidy")
}
