// Package buildversion describes the build of a program.
package buildversion

import "runtime/debug"

// Line returns the program's name, version and commit from the build info, and
// the version of Go. A build without a version is no release: it has the
// source's version.
func Line(program, source string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return program + " " + source
	}
	text := program + " " + info.Main.Version
	if info.Main.Version == "" || info.Main.Version == "(devel)" {
		text = program + " " + source + " (not a release)"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			text += ", commit " + setting.Value
		}
	}
	return text + ", " + info.GoVersion
}
