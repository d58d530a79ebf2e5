package main

import (
	"archive/zip"
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/usher-go/usher/tools/internal/repo"
)

func TestPackTakesWhatTheNextCommitHas(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":       "module example.com/core\n",
		"core.go":      "package core\n",
		"ignored.go":   "package core\n",
		".gitignore":   "ignored.go\n",
		"sub/go.mod":   "module example.com/core/sub\n\nrequire example.com/core v0.1.0\n",
		"sub/sub.go":   "package sub\n",
		"subtle/go.go": "package subtle\n",
	} {
		full := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("git", "init", "-q", root).CombinedOutput(); err != nil {
		t.Fatalf("git init: %v\n%s", err, out)
	}
	modules, err := repo.Modules(root)
	if err != nil {
		t.Fatal(err)
	}
	archives, err := pack(root, modules, "v0.1.0")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][]string{
		"example.com/core":     {".gitignore", "core.go", "go.mod", "subtle/go.go"},
		"example.com/core/sub": {"go.mod", "sub.go"},
	} {
		data := archives[path].zip
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		var got []string
		for _, f := range z.File {
			got = append(got, f.Name[len(path+"@v0.1.0/"):])
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("the archive of %s has %q, want %q", path, got, want)
		}
	}
}

func TestProxy(t *testing.T) {
	cache := t.TempDir()
	cached := filepath.Join(cache, "cache/download/example.com/!other/@v")
	if err := os.MkdirAll(cached, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cached, "v1.2.3.mod"), []byte("module example.com/Other\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := proxy{core: "example.com/core", cache: cache, archives: map[string]archive{
		"example.com/core": {version: "v0.1.0", mod: []byte("module example.com/core\n"), zip: []byte("zip")},
	}}
	for _, row := range []struct {
		path   string
		status int
		body   string
	}{
		{"/example.com/core/@v/list", http.StatusOK, "v0.1.0\n"},
		{"/example.com/core/@v/v0.1.0.mod", http.StatusOK, "module example.com/core\n"},
		{"/example.com/core/@v/v0.1.0.zip", http.StatusOK, "zip"},
		{"/example.com/core/@v/v0.2.0.mod", http.StatusNotFound, ""}, // another version of a module of the checkout
		{"/example.com/core/store/@v/list", http.StatusNotFound, ""}, // a folder of the checkout that is not a module
		{"/example.com/core/store/@v/v0.1.0.mod", http.StatusNotFound, ""},
		{"/example.com/!other/@v/v1.2.3.mod", http.StatusOK, "module example.com/Other\n"},
		{"/example.com/!other/@v/list", http.StatusNotFound, ""}, // versions of others are never chosen
		{"/example.com/!other/@v/..%2f..%2f.mod", http.StatusNotFound, ""},
		{"/", http.StatusNotFound, ""},
	} {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, row.path, nil))
		if w.Code != row.status || row.status == http.StatusOK && w.Body.String() != row.body {
			t.Errorf("GET %s is %d %q, want %d %q", row.path, w.Code, w.Body, row.status, row.body)
		}
	}
}
