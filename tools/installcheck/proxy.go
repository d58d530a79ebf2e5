package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/module"
)

// proxy is a module proxy. It serves the archives of the checkout, and all other modules from the
// module cache of the user, which downloads and verifies what it does not have. So the
// unpublished version never gets into that cache.
type proxy struct {
	core     string // the path that all modules of the checkout begin with
	archives map[string]archive
	cache    string // GOMODCACHE of the user
}

func (p proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	escaped, name, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/@")
	modulePath, err := module.UnescapePath(escaped)
	if !ok || err != nil {
		http.NotFound(w, r)
		return
	}
	if modulePath == p.core || strings.HasPrefix(modulePath, p.core+"/") {
		p.serveOwn(w, r, modulePath, name)
		return
	}
	data, err := p.other(escaped, modulePath, name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		http.NotFound(w, r)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		_, _ = w.Write(data)
	}
}

func (p proxy) serveOwn(w http.ResponseWriter, r *http.Request, modulePath, name string) {
	a, ok := p.archives[modulePath]
	if !ok {
		http.NotFound(w, r)
		return
	}
	switch name {
	case "v/list":
		fmt.Fprintln(w, a.version)
	case "latest", "v/" + a.version + ".info":
		_ = json.NewEncoder(w).Encode(map[string]any{"Version": a.version, "Time": time.Now().UTC()})
	case "v/" + a.version + ".mod":
		_, _ = w.Write(a.mod)
	case "v/" + a.version + ".zip":
		_, _ = w.Write(a.zip)
	default:
		http.NotFound(w, r)
	}
}

// other returns a file about a module of others.
func (p proxy) other(escaped, modulePath, name string) ([]byte, error) {
	file, ok := strings.CutPrefix(name, "v/")
	kind := path.Ext(file)
	if !ok || kind != ".info" && kind != ".mod" && kind != ".zip" {
		return nil, os.ErrNotExist // go.mod files name the versions, so there is nothing to choose
	}
	version, err := module.UnescapeVersion(strings.TrimSuffix(file, kind))
	if err != nil {
		return nil, os.ErrNotExist
	}
	full := filepath.Join(p.cache, "cache", "download", filepath.FromSlash(escaped), "@v", file)
	data, err := os.ReadFile(full)
	if !errors.Is(err, os.ErrNotExist) {
		return data, err
	}
	args := []string{"list", "-m"}
	if kind == ".zip" {
		args = []string{"mod", "download"}
	}
	cmd := exec.Command("go", append(args, modulePath+"@"+version)...)
	cmd.Dir, cmd.Env = os.TempDir(), append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go %s %s@%s: %w\n%s", strings.Join(args, " "), modulePath, version, err, out)
	}
	return os.ReadFile(full)
}
