package natstest

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// leftIn returns what a directory for temporary files has.
func leftIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestBuildFails(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	ended, end := context.WithCancel(context.Background())
	end()
	if path, err := binary(ended); err == nil {
		t.Errorf("binary = %s, want an error of the context", path)
	}
	t.Setenv("PATH", "") // no go
	for range 2 {
		if c, err := Start(Options{}); err == nil {
			c.Stop()
			t.Error("a cluster started without nats-server")
		}
	}
	if left := leftIn(t, dir); len(left) > 0 {
		t.Errorf("a failed build leaves %q", left)
	}
}

func TestCleanupBuildsNothing(t *testing.T) {
	dir, bin := t.TempDir(), t.TempDir()
	script := "#!/bin/sh\ntouch \"$TMPDIR/built\"\n"
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	Cleanup()
	if left := leftIn(t, dir); len(left) > 0 {
		t.Errorf("Cleanup before a Start makes %q", left)
	}
	for range 2 {
		if _, err := binary(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if left := leftIn(t, dir); len(left) != 2 {
		t.Errorf("a build makes %q, want the directory of the binary, and the mark of the script", left)
	}
	Cleanup()
	Cleanup()
	if left := leftIn(t, dir); !slices.Equal(left, []string{"built"}) {
		t.Errorf("Cleanup leaves %q", left)
	}
}
