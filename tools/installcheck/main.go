// Command installcheck does what a new user does with a released version, before it is released.
// It packs every module of the checkout, serves the archives as a module proxy, and then, in empty
// folders: gets each library and builds a program with all its packages, installs each command and
// runs it, runs what README.md says about go get and go install, and builds the program of the
// README.
//
// A new module takes part without a change here.
package main

import (
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"

	"github.com/usher-go/usher/tools/internal/repo"
)

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "installcheck:", err)
		os.Exit(1)
	}
}

func run(out io.Writer) error {
	root, err := repo.Root()
	if err != nil {
		return err
	}
	modules, err := repo.Modules(root)
	if err != nil {
		return err
	}
	version, err := repo.Version(root, modules)
	if err != nil {
		return err
	}
	archives, err := pack(root, modules, version)
	if err != nil {
		return err
	}
	caches, err := exec.Command("go", "env", "GOMODCACHE", "GOCACHE").Output()
	if err != nil {
		return fmt.Errorf("go env: %w", err)
	}
	moduleCache, buildCache, _ := strings.Cut(strings.TrimSpace(string(caches)), "\n")
	core := modules[0].Path // it comes first, because all others require it
	server := httptest.NewServer(proxy{core: core, archives: archives, cache: moduleCache})
	defer server.Close()
	home, err := os.MkdirTemp("", "installcheck")
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)

	c := check{root: root, modules: modules, version: version, user: newUser(home, server.URL, buildCache, out)}
	for _, m := range modules {
		if err := c.module(m); err != nil {
			return fmt.Errorf("%s: %w", m.Path, err)
		}
	}
	return c.readme()
}
