package repo

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// Set writes a version into every go.mod that requires another module of the checkout, and into
// go.work, where it maps that version to the checkout until the version is published.
func Set(root string, modules []Module, version string) error {
	if !semver.IsValid(version) || semver.Canonical(version) != version {
		return fmt.Errorf("%q is not a version such as v0.1.0", version)
	}
	own := map[string]bool{}
	for _, m := range modules {
		own[m.Path] = true
	}
	for _, m := range modules {
		for _, r := range slices.Clone(m.File.Require) {
			if own[r.Mod.Path] {
				if err := m.File.AddRequire(r.Mod.Path, version); err != nil {
					return err
				}
			}
		}
		if err := write(filepath.Join(root, m.Dir, "go.mod"), m.File.Syntax); err != nil {
			return err
		}
	}

	work, err := readWork(root)
	if err != nil {
		return err
	}
	for _, r := range slices.Clone(work.Replace) {
		if own[r.Old.Path] {
			if err := work.DropReplace(r.Old.Path, r.Old.Version); err != nil {
				return err
			}
		}
	}
	for _, m := range modules {
		if required(modules, m.Path) && used(work, m.Dir) {
			if err := work.AddReplace(m.Path, version, local(m.Dir), ""); err != nil {
				return err
			}
		}
	}
	work.SortBlocks()
	work.Cleanup()
	return write(filepath.Join(root, "go.work"), work.Syntax)
}

// local returns a folder as go.work spells it.
func local(dir string) string {
	if dir == "." {
		return dir
	}
	return "./" + dir
}

func write(name string, syntax *modfile.FileSyntax) error {
	return os.WriteFile(name, modfile.Format(syntax), 0o644)
}
