package main

import (
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// describe writes PROGRAM.spdx.json and PROGRAM.licences.txt. A module counts
// as linked if one of the binaries says so: some systems need more than others.
func (p program) describe(root, dir string, binaries []string) error {
	linked := map[string]*debug.Module{}
	for _, binary := range binaries {
		info, err := buildinfo.ReadFile(binary)
		if err != nil {
			return err
		}
		linked["std"] = &debug.Module{Path: "std", Version: info.GoVersion}
		for _, m := range info.Deps {
			linked[m.Path] = m
		}
		linked[info.Main.Path] = &info.Main
	}
	var all []*debug.Module
	for _, m := range linked {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *debug.Module) int { return strings.Compare(a.Path, b.Path) })
	written, err := commitTime(root)
	if err != nil {
		return err
	}
	sbom, err := json.MarshalIndent(p.sbom(all, written), "", "  ")
	if err != nil {
		return err
	}
	licences, err := licencesOf(root, all)
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, p.name+".spdx.json"), append(sbom, '\n'), 0o644),
		os.WriteFile(filepath.Join(dir, p.name+".licences.txt"), []byte(licences), 0o644),
	)
}

// commitTime returns when the commit was made, which stands for the time of the
// SBOM, so that two runs write the same bytes.
func commitTime(root string) (time.Time, error) {
	text, err := output(root, nil, "git", "show", "-s", "--format=%cI", "HEAD")
	if err != nil {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339, text)
}

// The parts of an SPDX 2.3 document that this program fills.
type (
	spdxDocument struct {
		Version       string             `json:"spdxVersion"`
		License       string             `json:"dataLicense"`
		ID            string             `json:"SPDXID"`
		Name          string             `json:"name"`
		Namespace     string             `json:"documentNamespace"`
		Creation      spdxCreation       `json:"creationInfo"`
		Packages      []spdxPackage      `json:"packages"`
		Relationships []spdxRelationship `json:"relationships"`
	}
	spdxCreation struct {
		Created  string   `json:"created"`
		Creators []string `json:"creators"`
	}
	spdxPackage struct {
		ID       string          `json:"SPDXID"`
		Name     string          `json:"name"`
		Version  string          `json:"versionInfo"`
		Location string          `json:"downloadLocation"`
		Analyzed bool            `json:"filesAnalyzed"`
		Refs     []spdxReference `json:"externalRefs"`
	}
	spdxReference struct {
		Category string `json:"referenceCategory"`
		Type     string `json:"referenceType"`
		Locator  string `json:"referenceLocator"`
	}
	spdxRelationship struct {
		From string `json:"spdxElementId"`
		Type string `json:"relationshipType"`
		To   string `json:"relatedSpdxElement"`
	}
)

const spdxRoot = "SPDXRef-DOCUMENT"

// sbom returns the program's document. The program is the package of the module
// that has its main package.
func (p program) sbom(linked []*debug.Module, created time.Time) spdxDocument {
	doc := spdxDocument{
		Version:   "SPDX-2.3",
		License:   "CC0-1.0",
		ID:        spdxRoot,
		Name:      p.name + " " + version,
		Namespace: "https://" + core + "/spdx/" + p.name + "/" + version,
		Creation: spdxCreation{
			Created:  created.UTC().Format(time.RFC3339),
			Creators: []string{"Tool: " + core + "/tools/release"},
		},
	}
	mainModule := published{p.module}.path()
	for _, m := range linked {
		doc.Packages = append(doc.Packages, packageOf(m))
		relation := spdxRelationship{From: spdxID(mainModule), Type: "DEPENDS_ON", To: spdxID(m.Path)}
		if m.Path == mainModule {
			relation = spdxRelationship{From: spdxRoot, Type: "DESCRIBES", To: spdxID(mainModule)}
		}
		doc.Relationships = append(doc.Relationships, relation)
	}
	return doc
}

func packageOf(m *debug.Module) spdxPackage {
	number := m.Version
	if m.Replace != nil || number == "(devel)" { // our own, from the same commit
		number = version
	}
	return spdxPackage{
		ID:       spdxID(m.Path),
		Name:     m.Path,
		Version:  number,
		Location: "NOASSERTION",
		Refs: []spdxReference{{
			Category: "PACKAGE-MANAGER",
			Type:     "purl",
			Locator:  "pkg:golang/" + m.Path + "@" + number,
		}},
	}
}

// spdxID returns an identifier of letters, digits, dots and hyphens.
func spdxID(modulePath string) string {
	return "SPDXRef-" + strings.Map(func(r rune) rune {
		if r == '/' || r == '_' || r == '~' {
			return '-'
		}
		return r
	}, modulePath)
}
