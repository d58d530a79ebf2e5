package filearchive_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/filearchive"
	"github.com/usher-go/usher/store/storetest"
)

func TestArchive(t *testing.T) {
	storetest.RunArchive(t, func(t testing.TB) store.Archive {
		a, err := filearchive.Open(filepath.Join(t.TempDir(), "archive"))
		require.NoError(t, err)
		return a
	})
}

// files returns the files below a folder, with their contents.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			name, err := filepath.Rel(dir, path)
			require.NoError(t, err)
			all[filepath.ToSlash(name)] = string(data)
		}
		return err
	}))
	return all
}

func folderOf(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// An object is one file with exactly its data, and an erasure leaves nothing of it.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	a, err := filearchive.Open(dir)
	require.NoError(t, err)
	require.NoError(t, a.Save(t.Context(), "acme", "a", []byte("one")))
	require.NoError(t, a.Save(t.Context(), "../x", "b", []byte("two")))
	assert.Equal(t, map[string]string{folderOf("acme") + "/a": "one", folderOf("../x") + "/b": "two"}, files(t, dir))
	require.NoError(t, a.Erase(t.Context(), "acme"))
	assert.Equal(t, map[string]string{folderOf("acme"): "", folderOf("../x") + "/b": "two"}, files(t, dir))

	again, err := filearchive.Open(dir)
	require.NoError(t, err)
	data, err := again.Load(t.Context(), "../x", "b")
	assert.Equal(t, "two", string(data))
	assert.NoError(t, err)
	assert.ErrorIs(t, again.Save(t.Context(), "acme", "a", nil), store.ErrErased)
}

// After a crash in the middle of Save or Erase, another call completes it.
func TestCrashes(t *testing.T) {
	dir := t.TempDir()
	a, err := filearchive.Open(dir)
	require.NoError(t, err)
	require.NoError(t, a.Save(t.Context(), "acme", "a", []byte("one")))
	folder := filepath.Join(dir, folderOf("acme"))
	require.NoError(t, os.WriteFile(filepath.Join(folder, ".new-1"), []byte("tw"), 0o600)) // of a Save
	require.NoError(t, a.Save(t.Context(), "acme", "b", []byte("two")))
	data, err := a.Load(t.Context(), "acme", "b")
	assert.Equal(t, "two", string(data))
	assert.NoError(t, err)

	require.NoError(t, os.Rename(folder, folder+".removed")) // of an Erase, before it made the mark
	require.NoError(t, a.Save(t.Context(), "acme", "c", []byte("three")))
	require.NoError(t, a.Erase(t.Context(), "acme"))
	assert.Equal(t, map[string]string{folderOf("acme"): ""}, files(t, dir))

	require.NoError(t, os.Mkdir(folder+".removed", 0o700)) // of an Erase, after it made the mark
	require.NoError(t, os.WriteFile(filepath.Join(folder+".removed", "a"), []byte("one"), 0o600))
	require.NoError(t, a.Erase(t.Context(), "acme"))
	assert.Equal(t, map[string]string{folderOf("acme"): ""}, files(t, dir))
}

func TestErrors(t *testing.T) {
	_, err := filearchive.Open("")
	assert.EqualError(t, err, "filearchive: the name of the folder is empty")
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = filearchive.Open(file)
	assert.ErrorContains(t, err, "filearchive: mkdir ")
	assert.ErrorIs(t, new(filearchive.Archive).Save(t.Context(), "acme", "a", nil), store.ErrClosed)
	a, err := filearchive.Open(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, a.Save(t.Context(), "acme", "a", []byte("one")))
	err = a.Save(t.Context(), "acme", "a", []byte("two"))
	assert.ErrorContains(t, err, `save in the archive "acme": the archive has another object of this name`)
	assert.True(t, strings.HasSuffix(err.Error(), "/a"), "it names the file: %v", err)
}

// Before Save returns nil, the names of all folders above the object are durable, also of those that a call made
// which did not get further, or which runs at the same time.
func TestFoldersAreDurable(t *testing.T) {
	above := t.TempDir()
	dir := filepath.Join(above, "a", "b")
	synced := map[string]bool{}
	defer filearchive.Synced(func(dir string) { synced[dir] = true })()
	a, err := filearchive.Open(dir)
	require.NoError(t, err)
	assert.Equal(t, map[string]bool{above: true, filepath.Dir(dir): true}, synced)
	folder := filepath.Join(dir, folderOf("acme"))
	require.NoError(t, os.Mkdir(folder, 0o700))
	for range 2 {
		clear(synced)
		require.NoError(t, a.Save(t.Context(), "acme", "a", []byte("one")))
		assert.Equal(t, map[string]bool{dir: true, folder: true}, synced)
	}
	clear(synced)
	_, err = filearchive.Open(dir)
	require.NoError(t, err)
	assert.Empty(t, synced)
}

// Erase does not report that files are removed which a symbolic link leads to.
func TestSymbolicLinks(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	a, err := filearchive.Open(dir)
	require.NoError(t, err)
	folder := filepath.Join(dir, folderOf("acme"))
	require.NoError(t, os.Symlink(elsewhere, folder))
	require.NoError(t, a.Save(t.Context(), "acme", "a", []byte("one")))
	err = a.Erase(t.Context(), "acme")
	assert.ErrorContains(t, err, "is a symbolic link (want a folder")
	data, err := a.Load(t.Context(), "acme", "a")
	assert.Equal(t, "one", string(data))
	assert.NoError(t, err)
	file := filepath.Join(elsewhere, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.NoError(t, os.Remove(folder))
	require.NoError(t, os.Symlink(file, folder))
	_, err = a.Load(t.Context(), "acme", "a")
	assert.NotErrorIs(t, err, store.ErrErased, "a link is not the mark")
}

// The folder of an Erase that was stopped does not make its objects unknown: they are erased.
func TestLoadAfterStoppedErase(t *testing.T) {
	dir := t.TempDir()
	a, err := filearchive.Open(dir)
	require.NoError(t, err)
	require.NoError(t, a.Save(t.Context(), "acme", "a", []byte("one")))
	folder := filepath.Join(dir, folderOf("acme"))
	require.NoError(t, os.Rename(folder, folder+".removed"))
	_, err = a.Load(t.Context(), "acme", "a")
	assert.ErrorIs(t, err, store.ErrErased)
	require.NoError(t, a.Save(t.Context(), "acme", "b", []byte("two")))
	_, err = a.Load(t.Context(), "acme", "a")
	assert.ErrorIs(t, err, store.ErrErased)
	require.NoError(t, a.Erase(t.Context(), "acme"))
	assert.Equal(t, map[string]string{folderOf("acme"): ""}, files(t, dir))
}
