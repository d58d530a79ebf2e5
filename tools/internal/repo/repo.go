// Package repo reads which modules a checkout of usher has, and checks that they can be released.
package repo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// Module is a module of the checkout that users can require.
type Module struct {
	Dir  string // relative to the root of the checkout, "." for the core
	Path string
	File *modfile.File // its go.mod
}

// Tag returns the tag that publishes a version of the module.
func (m Module) Tag(version string) string {
	if m.Dir == "." {
		return version
	}
	return m.Dir + "/" + version
}

// Root returns the folder of the nearest go.work in or above the working directory.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("found no go.work in this folder or above it: run this inside a checkout of usher")
		}
		dir = parent
	}
}

// Modules returns the modules of the checkout, each after those that it requires. The tools are
// not among them: they have no versions.
func Modules(root string) ([]Module, error) {
	var modules []Module
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := name != "." && strings.ContainsAny(d.Name()[:1], "._")
		if d.IsDir() && (hidden || d.Name() == "testdata" || name == "tools") {
			return fs.SkipDir
		}
		if d.Name() != "go.mod" {
			return nil
		}
		file, err := readMod(filepath.Join(root, name))
		if err != nil {
			return err
		}
		modules = append(modules, Module{Dir: path.Dir(name), Path: file.Module.Mod.Path, File: file})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return inOrder(modules)
}

func readMod(name string) (*modfile.File, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	file, err := modfile.Parse(name, data, nil)
	if err != nil {
		return nil, err
	}
	if file.Module == nil {
		return nil, fmt.Errorf("%s has no module line", name)
	}
	return file, nil
}

// inOrder sorts modules so that each comes after those that it requires.
func inOrder(modules []Module) ([]Module, error) {
	var sorted []Module
	for len(modules) > 0 {
		ready := func(m Module) bool {
			return !slices.ContainsFunc(m.File.Require, func(r *modfile.Require) bool {
				return slices.ContainsFunc(modules, func(other Module) bool { return other.Path == r.Mod.Path })
			})
		}
		i := slices.IndexFunc(modules, ready)
		if i < 0 {
			return nil, fmt.Errorf("the modules in %s require each other in a cycle", modules[0].Dir)
		}
		sorted = append(sorted, modules[i])
		modules = slices.Delete(modules, i, i+1)
	}
	return sorted, nil
}
