package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"

	"github.com/usher-go/usher/tools/internal/repo"
)

// archive is what a module proxy serves about one version of a module.
type archive struct {
	version string
	mod     []byte
	zip     []byte
}

// pack makes an archive of each module, by its path, from the files that the next commit would
// have: those that git tracks or does not ignore, as they are in the checkout.
func pack(root string, modules []repo.Module, version string) (map[string]archive, error) {
	out, err := exec.Command("git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return nil, fmt.Errorf("list the files of the checkout with git: %w", err)
	}
	archives := map[string]archive{}
	for _, m := range modules {
		var files []zip.File
		for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
			full := filepath.Join(root, name)
			inside, err := filepath.Rel(m.Dir, name)
			if err != nil || inside == ".." || strings.HasPrefix(inside, "../") {
				continue
			}
			if _, err := os.Lstat(full); os.IsNotExist(err) {
				continue // deleted, but not yet in the index
			}
			files = append(files, file{path: inside, full: full})
		}
		var b bytes.Buffer
		// Create leaves out the modules below this one.
		if err := zip.Create(&b, module.Version{Path: m.Path, Version: version}, files); err != nil {
			return nil, fmt.Errorf("pack %s: %w", m.Dir, err)
		}
		archives[m.Path] = archive{version: version, mod: modfile.Format(m.File.Syntax), zip: b.Bytes()}
	}
	return archives, nil
}

// file is a file of the checkout, in the form that package zip reads.
type file struct{ path, full string }

func (f file) Path() string                 { return f.path }
func (f file) Lstat() (os.FileInfo, error)  { return os.Lstat(f.full) }
func (f file) Open() (io.ReadCloser, error) { return os.Open(f.full) }
