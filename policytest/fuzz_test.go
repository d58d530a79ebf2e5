package policytest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/usher-go/usher/policytest"
)

// FuzzLoad checks that Load and Run never panic.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("../testdata/conformance/*.yaml")
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
	for _, row := range refusedFiles {
		f.Add([]byte(row.src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 1<<14 { // a check runs for every user
			return
		}
		if suite, err := policytest.Load("dir/x.yaml", src, readClub); err == nil {
			suite.Run()
		}
	})
}
