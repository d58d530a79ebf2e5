package boltstore

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/usher-go/usher/internal/printable"
)

// Open opens the file at path, and creates it if it does not exist. The caller must close the
// Store.
//
// Open returns ErrLocked if another process has the file open, ErrForeign if the file is not a file
// of this package, ErrNewer if a newer version of this package wrote it, ErrExposed if other users
// of the system can write to the file or replace it, and ErrDamaged if its newest state cannot be
// found. After each of these errors the file is unchanged.
//
// Open upgrades a file of format 1 to format 2 in one transaction: it adds the heads of the
// accounts. Earlier versions of this package cannot open format 2. With Options.ReadOnly, Open does
// not upgrade the file, and the Store reads it without heads.
func Open(path string, o Options) (*Store, error) {
	s, err := open(path, o)
	if err != nil {
		return nil, printable.Errorf("boltstore: open %s: %w", path, err)
	}
	return s, nil
}

func open(path string, o Options) (*Store, error) {
	o.Mode = cmp.Or(o.Mode, 0o600)
	o.Wait = max(cmp.Or(o.Wait, time.Second), 1)
	if o.Mode&othersWrite != 0 {
		return nil, printable.Errorf("%w: Options.Mode is %#o (want no write access for group and others, such as 0600)", ErrExposed, o.Mode.Perm())
	}
	if err := checkPlace(path); err != nil {
		return nil, err
	}
	_, err := os.Stat(path)
	isNew := errors.Is(err, fs.ErrNotExist) && !o.ReadOnly
	if isNew {
		if err := create(path, o); err != nil {
			return nil, err
		}
	}
	db, handle, err := openBolt(path, o)
	if err != nil {
		return nil, err
	}
	f := &file{db: db}
	err = f.checkLength(path)
	if err == nil {
		err = f.checkPages(handle)
	}
	if err == nil && !o.ReadOnly {
		err = f.prepare()
	}
	if err == nil {
		err = f.checkFormat()
	}
	if err == nil && !f.hasHeads && !o.ReadOnly {
		err = f.upgrade()
	}
	if err == nil && isNew {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	s := &Store{file: f}
	s.lostUsers.Add(1)
	if !o.ReadOnly {
		s.writer = newWriter(f)
		go s.writer.run()
	}
	return s, nil
}

// create writes a draft file and then links it to path, so that a crash does not leave an
// incomplete file, and only one of several concurrent processes creates it. If the file system has
// no links, it creates nothing, and openBolt then creates the file directly.
func create(path string, o Options) error {
	draft := fmt.Sprintf("%s.%016x.new", path, rand.Uint64())
	defer os.Remove(draft)
	db, _, err := openBolt(draft, o)
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		pathErr.Path = path // do not show the name of the draft
	}
	if err != nil {
		return err
	}
	f := &file{db: db}
	if err := errors.Join(f.prepare(), f.close()); err != nil {
		return err
	}
	_ = os.Link(draft, path)
	return nil
}

// syncDir makes the name of a new file durable. On Windows it does nothing, since the system does
// this without a call.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// openBolt opens a bbolt database. It also returns the database's file, which is open until the
// database is closed.
func openBolt(path string, o Options) (db *bbolt.DB, handle *os.File, err error) {
	err = recoverFault(func() (err error) {
		db, err = bbolt.Open(path, o.Mode, &bbolt.Options{
			Timeout:      o.Wait,
			ReadOnly:     o.ReadOnly,
			FreelistType: bbolt.FreelistMapType,
			NoStatistics: true,
			OpenFile: func(name string, flag int, mode fs.FileMode) (*os.File, error) {
				handle, err = os.OpenFile(name, flag, mode)
				if err != nil {
					return nil, err
				}
				info, err := handle.Stat()
				if err == nil {
					err = checkMode(path, info)
				}
				if err != nil {
					return nil, errors.Join(err, handle.Close())
				}
				return handle, nil
			},
		})
		return err
	})
	switch {
	case err == nil:
		return db, handle, nil
	case errors.Is(err, ErrDamaged):
		// After a panic the file is still open and locked.
		return nil, nil, errors.Join(err, handle.Close())
	case errors.Is(err, ErrExposed):
		return nil, nil, err
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, nil, printable.Errorf("%w; stop that process first, or wait longer (waited %s)", ErrLocked, o.Wait.Round(time.Millisecond))
	case errors.As(err, new(*fs.PathError)):
		return nil, nil, err
	default:
		return nil, nil, printable.Errorf("%w: not a bbolt file, or damaged: %w", ErrForeign, err)
	}
}

// checkLength returns ErrDamaged if the file was truncated.
func (f *file) checkLength(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return f.view(func(tx *bbolt.Tx) error {
		if tx.Size() > info.Size() {
			return printable.Errorf("%w: it has %d bytes (want at least %d)", ErrDamaged, info.Size(), tx.Size())
		}
		return nil
	})
}

// checkPages returns ErrDamaged if bbolt cannot safely follow the pages of the file.
func (f *file) checkPages(handle *os.File) error {
	size := f.db.Info().PageSize
	newest, err := checkMetas(handle, size)
	if err != nil {
		return err
	}
	info, err := handle.Stat()
	if err != nil {
		return err
	}
	// If the number of pages is too large, the size in bytes overflows in checkLength.
	if most := uint64(info.Size()) / uint64(size); newest.end > most {
		return printable.Errorf("%w: it has %d pages (want at least %d)", ErrDamaged, most, newest.end)
	}
	return f.view(func(tx *bbolt.Tx) error { return checkTrees(handle, size, newest, tx) })
}

// firstTx is the transaction number in a new bbolt file.
const firstTx = 1

// prepare creates the buckets in a new file.
func (f *file) prepare() error {
	empty := true
	err := f.view(func(tx *bbolt.Tx) error {
		empty = tx.ID() <= firstTx
		return tx.ForEach(func([]byte, *bbolt.Bucket) error {
			empty = false
			return nil
		})
	})
	if err != nil || !empty {
		return err
	}
	return recoverFault(func() error { return f.db.Update(makeBuckets) })
}

func makeBuckets(tx *bbolt.Tx) error {
	for _, name := range dataBuckets {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	b, err := tx.CreateBucket(usherBucket)
	if err != nil {
		return err
	}
	return b.Put(formatKey, strconv.AppendInt(nil, format, 10))
}

// checkFormat reads the format and checks that all buckets exist. It sets f.hasHeads.
func (f *file) checkFormat() error {
	return f.view(func(tx *bbolt.Tx) error {
		b := tx.Bucket(usherBucket)
		if b == nil {
			return printable.Errorf("%w: a bbolt file of another program", ErrForeign)
		}
		text := string(b.Get(formatKey))
		found, err := strconv.Atoi(text)
		switch {
		case err != nil || found < 1:
			return printable.Errorf("%w: its format is %q", ErrForeign, text)
		case found > format:
			return printable.Errorf("%w: its format is %d (want at most %d)", ErrNewer, found, format)
		}
		f.hasHeads = found != formatWithoutHeads
		for _, name := range dataBuckets {
			if exists := tx.Bucket(name) != nil; !exists && (f.hasHeads || string(name) != string(headBucket)) {
				return printable.Errorf("%w: the bucket %s is missing", ErrDamaged, name)
			}
		}
		return nil
	})
}

// upgrade turns a file of format 1 into format 2.
func (f *file) upgrade() error {
	err := recoverFault(func() error {
		return f.db.Update(func(tx *bbolt.Tx) error {
			if _, err := tx.CreateBucket(headBucket); err != nil {
				return printable.Errorf("%w: %w", ErrDamaged, err)
			}
			if err := (&tables{tx: tx}).writeHeads(); err != nil {
				return err
			}
			return tx.Bucket(usherBucket).Put(formatKey, strconv.AppendInt(nil, format, 10))
		})
	})
	f.hasHeads = err == nil
	return err
}
