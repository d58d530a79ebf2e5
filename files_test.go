package usher_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"regexp"
	"testing"
)

// plainFileName matches the names of files that every file system and every module archive accept.
var plainFileName = regexp.MustCompile(`^[A-Za-z0-9._+-]+$`)

// A module with a file of another name cannot be downloaded, and not every system can check it out.
// Tests leave none behind.
func TestFileNames(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // another test has removed it
			return nil
		case err != nil:
			return err
		case d.Name() == ".git":
			if d.IsDir() {
				return fs.SkipDir
			}
		case !plainFileName.MatchString(d.Name()):
			t.Errorf("%q: want a name of letters, digits and . _ + -", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
