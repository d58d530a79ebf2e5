package boltstore

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/usher-go/usher/internal/printable"
)

// othersWrite contains the mode bits that give write access to group and others.
const othersWrite fs.FileMode = 0o022

// checkMode returns ErrExposed if group or others can write to the open file. On Windows it returns
// nil, since modes do not show write access there.
func checkMode(path string, info fs.FileInfo) error {
	if mode := info.Mode(); runtime.GOOS != "windows" && mode&othersWrite != 0 {
		return printable.Errorf("%w: its mode is %#o (want no write access for group and others); run chmod go-w %s", ErrExposed, mode.Perm(), path)
	}
	return nil
}

// checkPlace returns ErrExposed if every user of the system can replace the file at path: if its
// directory is writable for others and has no sticky bit. For a symbolic link it checks the
// directories of the link and of the target.
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
			return nil // opening the file reports this error
		}
		if mode := info.Mode(); mode&0o002 != 0 && mode&fs.ModeSticky == 0 {
			return printable.Errorf("%w: the mode of its directory is %#o, so other users can replace the file; run chmod o-w %s", ErrExposed, mode.Perm(), dir)
		}
	}
	return nil
}
