package testfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/usher-go/usher/internal/source"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy/syntax"
)

// FuzzTestFile checks that every file that can be parsed prints to an equal file, except for
// places.
func FuzzTestFile(f *testing.F) {
	files, err := filepath.Glob("../../testdata/conformance/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatal("no files to begin with", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Add([]byte(everything))
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > source.MaxBytes {
			return
		}
		file, err := testfile.Parse("x.yaml", src)
		if err != nil {
			return
		}
		printed := file.Print()
		if len(printed) > source.MaxBytes {
			return
		}
		again, err := testfile.Parse("x.yaml", printed)
		if err != nil {
			t.Fatalf("Parse of what Print wrote: %v\n%s", err, printed)
		}
		if diff := cmp.Diff(file, again, cmpopts.IgnoreTypes(syntax.Pos{})); diff != "" {
			t.Fatalf("Print changed the file (-before +after):\n%s\n%s", diff, printed)
		}
	})
}
