package repo

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// Version returns the version that the modules require of each other. It returns an error with all
// that keeps the modules from being released: replace directives, versions that differ, a path that is not that of the folder, a go.work
// that does not map the version to the checkout, a checksum of a module of the checkout (it would
// be of files that change before the tag), and a CHANGELOG without the version.
func Version(root string, modules []Module) (string, error) {
	version, faults := requirements(modules)
	if version == "" {
		return "", errors.Join(append(faults, errors.New("no module requires another module of the checkout, so there is no version"))...)
	}
	if !semver.IsValid(version) || semver.Canonical(version) != version {
		faults = append(faults, fmt.Errorf("%q is not a version such as v0.1.0", version))
	}
	for _, m := range modules {
		sums, err := os.ReadFile(filepath.Join(root, m.Dir, "go.sum"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			faults = append(faults, err)
		}
		for _, other := range modules {
			if bytes.Contains(append([]byte("\n"), sums...), []byte("\n"+other.Path+" ")) {
				faults = append(faults, fmt.Errorf("%s/go.sum has a checksum of %s: remove these lines", m.Dir, other.Path))
			}
		}
	}
	work, err := readWork(root)
	if err != nil {
		return "", errors.Join(append(faults, err)...)
	}
	for _, m := range modules {
		if required(modules, m.Path) && used(work, m.Dir) && !mapped(work, m, version) {
			faults = append(faults, fmt.Errorf("go.work does not replace %s %s by the checkout: run go run ./release set %s in tools", m.Path, version, version))
		}
	}
	changes, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		faults = append(faults, err)
	} else if heading := "## [" + strings.TrimPrefix(version, "v") + "] - "; !bytes.Contains(changes, []byte("\n"+heading)) {
		faults = append(faults, fmt.Errorf("CHANGELOG.md has no heading that begins with %q", heading))
	}
	return version, errors.Join(faults...)
}

// requirements returns the first version that a module requires of another one, and what is wrong
// in the go.mod files.
func requirements(modules []Module) (version string, faults []error) {
	own := map[string]bool{}
	for _, m := range modules {
		own[m.Path] = true
	}
	for _, m := range modules {
		if want := path.Join(modules[0].Path, m.Dir); m.Path != want { // the core comes first
			faults = append(faults, fmt.Errorf("%s/go.mod names the module %s, want %s", m.Dir, m.Path, want))
		}
		for _, r := range m.File.Replace {
			faults = append(faults, fmt.Errorf("%s/go.mod replaces %s: go install refuses that, so map it in go.work", m.Dir, r.Old.Path))
		}
		for _, e := range m.File.Exclude {
			faults = append(faults, fmt.Errorf("%s/go.mod excludes %s: go install refuses that", m.Dir, e.Mod.Path))
		}
		for _, r := range m.File.Require {
			switch {
			case !own[r.Mod.Path]:
			case version == "":
				version = r.Mod.Version
			case r.Mod.Version != version:
				faults = append(faults, fmt.Errorf("%s/go.mod requires %s %s, but other modules require version %s", m.Dir, r.Mod.Path, r.Mod.Version, version))
			}
		}
	}
	return version, faults
}

func required(modules []Module, modulePath string) bool {
	for _, m := range modules {
		for _, r := range m.File.Require {
			if r.Mod.Path == modulePath {
				return true
			}
		}
	}
	return false
}

func readWork(root string) (*modfile.WorkFile, error) {
	name := filepath.Join(root, "go.work")
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return modfile.ParseWork(name, data, nil)
}

func used(work *modfile.WorkFile, dir string) bool {
	for _, u := range work.Use {
		if filepath.Clean(u.Path) == dir {
			return true
		}
	}
	return false
}

func mapped(work *modfile.WorkFile, m Module, version string) bool {
	for _, r := range work.Replace {
		if r.Old.Path == m.Path && r.Old.Version == version && filepath.Clean(r.New.Path) == m.Dir {
			return true
		}
	}
	return false
}
