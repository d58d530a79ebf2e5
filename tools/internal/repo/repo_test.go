package repo_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/usher-go/usher/tools/internal/repo"
)

// checkout is a small repository that can be released.
var checkout = map[string]string{
	"go.mod":                 "module example.com/core\n",
	"store/file/go.mod":      "module example.com/core/store/file\n\nrequire example.com/core v0.1.0\n",
	"cmd/core/go.mod":        "module example.com/core/cmd/core\n\nrequire (\n\texample.com/core v0.1.0\n\texample.com/core/store/file v0.1.0\n\texample.com/other v1.2.3\n)\n",
	"testdata/broken/go.mod": "module\n",
	"tools/go.mod":           "module example.com/core/tools\n",
	"go.work": "go 1.26.0\n\nuse (\n\t.\n\t./cmd/core\n\t./store/file\n)\n\nreplace example.com/core v0.1.0 => .\n\n" +
		"replace example.com/core/store/file v0.1.0 => ./store/file\n",
	"CHANGELOG.md": "# Changelog\n\n## [0.1.0] - 2026-11-28\n",
}

// write makes a checkout with some files changed. An empty text leaves a file out.
func write(t *testing.T, changes map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for _, files := range []map[string]string{checkout, changes} {
		for name, text := range files {
			full := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return root
}

func tags(t *testing.T, root, version string) []string {
	t.Helper()
	modules, err := repo.Modules(root)
	if err != nil {
		t.Fatal(err)
	}
	var tags []string
	for _, m := range modules {
		tags = append(tags, m.Tag(version))
	}
	return tags
}

func TestModulesComeAfterThoseTheyRequire(t *testing.T) {
	got := tags(t, write(t, nil), "v0.1.0")
	want := []string{"v0.1.0", "store/file/v0.1.0", "cmd/core/v0.1.0"}
	if !slices.Equal(got, want) {
		t.Errorf("the tags are %q, want %q", got, want)
	}
}

func TestVersion(t *testing.T) {
	for _, row := range []struct {
		name    string
		changes map[string]string
		fault   string // a part of the error, empty for none
	}{
		{"a checkout that can be released", nil, ""},
		{
			"a replace directive",
			map[string]string{"store/file/go.mod": checkout["store/file/go.mod"] + "\nreplace example.com/core => ../..\n"},
			"store/file/go.mod replaces example.com/core",
		},
		{
			"a version that is missing",
			map[string]string{"store/file/go.mod": "module example.com/core/store/file\n\nrequire example.com/core v0.0.0\n"},
			"but other modules require version v0.0.0",
		},
		{
			"a path that is not the folder's",
			map[string]string{"store/file/go.mod": "module example.com/core/file\n\nrequire example.com/core v0.1.0\n"},
			"store/file/go.mod names the module example.com/core/file, want example.com/core/store/file",
		},
		{
			"a checksum of files that still change",
			map[string]string{"cmd/core/go.sum": "example.com/core v0.1.0 h1:x\n"},
			"cmd/core/go.sum has a checksum of example.com/core",
		},
		{
			"a workspace that does not map the version",
			map[string]string{"go.work": "go 1.26.0\n\nuse .\n"},
			"go.work does not replace example.com/core v0.1.0",
		},
		{
			"a changelog without the version",
			map[string]string{"CHANGELOG.md": "## [Unreleased]\n"},
			"CHANGELOG.md has no heading",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := write(t, row.changes)
			modules, err := repo.Modules(root)
			if err != nil {
				t.Fatal(err)
			}
			version, err := repo.Version(root, modules)
			switch {
			case row.fault == "" && (err != nil || version != "v0.1.0"):
				t.Errorf("Version() = %q, %v, want v0.1.0", version, err)
			case row.fault != "" && (err == nil || !strings.Contains(err.Error(), row.fault)):
				t.Errorf("Version() returns the error %v, want one with %q", err, row.fault)
			}
		})
	}
}

func TestSet(t *testing.T) {
	root := write(t, map[string]string{"CHANGELOG.md": "\n## [0.2.0] - 2027-01-01\n"})
	modules, err := repo.Modules(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := repo.Set(root, modules, "0.2.0"); err == nil {
		t.Error("Set takes 0.2.0, which lacks the v")
	}
	if err := repo.Set(root, modules, "v0.2.0"); err != nil {
		t.Fatal(err)
	}
	if modules, err = repo.Modules(root); err != nil {
		t.Fatal(err)
	}
	if version, err := repo.Version(root, modules); version != "v0.2.0" || err != nil {
		t.Errorf("after Set, Version() = %q, %v, want v0.2.0", version, err)
	}
	other, err := os.ReadFile(filepath.Join(root, "cmd/core/go.mod"))
	if err != nil || !strings.Contains(string(other), "example.com/other v1.2.3") {
		t.Errorf("after Set, cmd/core/go.mod is %s, %v: other modules keep their versions", other, err)
	}
}
