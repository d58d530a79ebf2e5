package boltstore_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/store/boltstore"
)

// Open rejects a file that other users can write to, and opens a file that they can only read.
func TestExposedFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes do not show write access on Windows")
	}
	path := filled(t, 3)
	for mode := fs.FileMode(0); mode <= 0o777; mode++ {
		if mode&0o600 != 0o600 {
			continue // the owner cannot open it either
		}
		require.NoError(t, os.Chmod(path, mode))
		for _, readOnly := range []bool{false, true} {
			s, err := boltstore.Open(path, boltstore.Options{ReadOnly: readOnly})
			if mode&0o022 == 0 {
				require.NoError(t, err, "mode %o", mode)
				require.NoError(t, s.Close())
				continue
			}
			assert.ErrorIs(t, err, boltstore.ErrExposed, "mode %o", mode)
			assert.ErrorContains(t, err, "chmod go-w "+path)
			assert.ErrorContains(t, err, fmt.Sprintf("its mode is %#o", mode))
		}
	}
	require.NoError(t, os.Chmod(path, 0o600))
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(path, link))
	s, err := boltstore.Open(link, boltstore.Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, os.Chmod(path, 0o620))
	_, err = boltstore.Open(link, boltstore.Options{})
	assert.ErrorIs(t, err, boltstore.ErrExposed, "through a link")

	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	require.NoError(t, os.Chmod(empty, 0o666))
	_, err = boltstore.Open(empty, boltstore.Options{})
	assert.ErrorIs(t, err, boltstore.ErrExposed, "an empty file")
	info, err := os.Stat(empty)
	require.NoError(t, err)
	assert.Zero(t, info.Size(), "nothing was written to it")
}

// Open rejects a path at which all users can replace the file, and creates no file there.
func TestExposedDirectory(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes do not show write access on Windows")
	}
	path := filled(t, 3)
	dir := filepath.Dir(path)
	links := t.TempDir()
	require.NoError(t, os.Chmod(links, 0o777|fs.ModeSticky))
	link := filepath.Join(links, "link")
	require.NoError(t, os.Symlink(path, link))
	for _, row := range []struct {
		mode    fs.FileMode
		exposed bool
	}{
		{0o700, false},
		{0o755, false},
		{0o775, false},
		{0o777 | fs.ModeSticky, false},
		{0o777, true},
		{0o702, true},
		{0o773, true},
	} {
		require.NoError(t, os.Chmod(dir, row.mode))
		for _, at := range []string{path, link, filepath.Join(dir, fmt.Sprintf("new-%o", row.mode))} {
			s, err := boltstore.Open(at, boltstore.Options{})
			if !row.exposed {
				require.NoError(t, err, "%s in a directory with mode %v", at, row.mode)
				require.NoError(t, s.Close())
				continue
			}
			assert.ErrorIs(t, err, boltstore.ErrExposed, "%s in a directory with mode %v", at, row.mode)
			assert.ErrorContains(t, err, "chmod o-w "+dir)
		}
	}
	require.NoError(t, os.Chmod(dir, 0o700))
	require.NoError(t, os.Chmod(links, 0o777))
	_, err := boltstore.Open(link, boltstore.Options{})
	assert.ErrorIs(t, err, boltstore.ErrExposed, "other users can replace the link")
	assert.ErrorContains(t, err, "chmod o-w "+links)
}

func TestExposedMode(t *testing.T) {
	for _, mode := range []fs.FileMode{0o620, 0o602, 0o666, 0o664} {
		path := filepath.Join(t.TempDir(), "journal")
		_, err := boltstore.Open(path, boltstore.Options{Mode: mode})
		assert.ErrorIs(t, err, boltstore.ErrExposed, "%o", mode)
		assert.NoFileExists(t, path)
	}
	path := filepath.Join(t.TempDir(), "journal")
	s, err := boltstore.Open(path, boltstore.Options{Mode: 0o640})
	require.NoError(t, err)
	require.NoError(t, s.Close())
}
