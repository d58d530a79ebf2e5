package boltstore

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/usher-go/usher/internal/printable"
)

// othersWrite are the bits of a mode that let others than the owner write.
const othersWrite fs.FileMode = 0o022

// checkMode refuses a file, as it is open, that others can write to. On Windows modes say
// nothing of that.
func checkMode(path string, info fs.FileInfo) error {
	if mode := info.Mode(); runtime.GOOS != "windows" && mode&othersWrite != 0 {
		return printable.Errorf("%w: it has the mode %#o, so other users can change who may do what; run chmod go-w %s", ErrExposed, mode.Perm(), path)
	}
	return nil
}

// checkPlace refuses a path at which every user of the system can put another file: in a
// directory that all can write to, unless its sticky bit keeps them from what is not
// theirs. Of a symbolic link, both ends count.
func checkPlace(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dirs := []string{filepath.Dir(path)}
	if target, err := filepath.EvalSymlinks(path); err == nil && target != path {
		dirs = append(dirs, filepath.Dir(target))
	}
	for _, dir := range dirs {
		info, err := os.Stat(dir)
		if err != nil {
			return nil // which is for those to tell who open the file
		}
		if mode := info.Mode(); mode&0o002 != 0 && mode&fs.ModeSticky == 0 {
			return printable.Errorf("%w: its directory has the mode %#o, so other users can put another file in its place; run chmod o-w %s", ErrExposed, mode.Perm(), dir)
		}
	}
	return nil
}
