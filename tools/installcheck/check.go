package main

import (
	"errors"
	"fmt"
	"go/build"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/usher-go/usher/tools/internal/repo"
)

// development are the modules that users do not build: tests and measurements. They are only
// downloaded here; make lint builds them.
var development = []string{"benchmarks", "console/browsertest", "proof"}

// arguments are what a command is run with. Default: --help.
var arguments = map[string][]string{"usher": {"matrix", "oncehub"}}

type check struct {
	root    string
	modules []repo.Module
	version string
	user    user
}

// module does with a module what its users do.
func (c check) module(m repo.Module) error {
	if slices.Contains(development, m.Dir) {
		dir, err := c.user.folder()
		if err != nil {
			return err
		}
		return c.user.run(dir, "go", "mod", "download", m.Path+"@"+c.version)
	}
	libraries, commands, err := packages(c.root, m)
	if err != nil {
		return err
	}
	if len(libraries)+len(commands) == 0 {
		return errors.New("the module has no package that users can import or install")
	}
	if len(libraries) > 0 {
		if err := c.library(m, libraries); err != nil {
			return err
		}
	}
	if len(commands) > 0 {
		return c.commands(m, commands)
	}
	return nil
}

// library gets a module and builds a program that imports all its packages.
func (c check) library(m repo.Module, libraries []string) error {
	dir, err := c.newModule()
	if err != nil {
		return err
	}
	if err := c.user.run(dir, "go", "get", m.Path+"@"+c.version); err != nil {
		return err
	}
	program := "package main\n\nimport (\n"
	for _, library := range libraries {
		program += fmt.Sprintf("\t_ %q\n", library)
	}
	program += ")\n\nfunc main() {}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o644); err != nil {
		return err
	}
	if err := c.user.run(dir, "go", "mod", "tidy"); err != nil {
		return err
	}
	return c.user.run(dir, "go", "build", "./...")
}

// commands installs commands, and runs them unless they are examples, which start servers.
func (c check) commands(m repo.Module, commands []string) error {
	dir, err := c.user.folder()
	if err != nil {
		return err
	}
	install := []string{"install"}
	for _, command := range commands {
		install = append(install, command+"@"+c.version)
	}
	if err := c.user.run(dir, "go", install...); err != nil {
		return err
	}
	if !strings.HasPrefix(m.Dir, "cmd/") {
		return nil
	}
	for _, command := range commands {
		name := path.Base(command)
		args, ok := arguments[name]
		if !ok {
			args = []string{"--help"}
		}
		if err := c.user.run(dir, filepath.Join(c.user.home, "bin", name), args...); err != nil {
			return err
		}
	}
	return nil
}

// newModule makes a folder with an empty module.
func (c check) newModule() (string, error) {
	dir, err := c.user.folder()
	if err != nil {
		return "", err
	}
	return dir, c.user.run(dir, "go", "mod", "init", "example.com/app")
}

// packages returns the import paths of a module: packages that other modules can import, and
// commands.
func packages(root string, m repo.Module) (libraries, commands []string, err error) {
	top := filepath.Join(root, m.Dir)
	err = filepath.WalkDir(top, func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if dir != top {
			_, nested := os.Stat(filepath.Join(dir, "go.mod"))
			if nested == nil || strings.ContainsAny(d.Name()[:1], "._") || d.Name() == "testdata" || d.Name() == "internal" {
				return fs.SkipDir
			}
		}
		found, err := build.ImportDir(dir, 0)
		if none := (*build.NoGoError)(nil); errors.As(err, &none) || err == nil && len(found.GoFiles) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(top, dir)
		if err != nil {
			return err
		}
		importPath := path.Join(m.Path, filepath.ToSlash(inside))
		if found.IsCommand() {
			commands = append(commands, importPath)
		} else {
			libraries = append(libraries, importPath)
		}
		return nil
	})
	return libraries, commands, err
}
