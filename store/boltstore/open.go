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

// Open opens the file at path, and makes it if there is none. A file that another
// process has open is ErrLocked, one that is something else ErrForeign, one of a
// format that this version does not know ErrNewer, one that other users of the system
// can write to or replace ErrExposed, one of which the newest state cannot be found
// ErrDamaged; none of them is changed.
//
// A file of format 1 gets the heads of its accounts in one transaction, and is then one
// of format 2, which earlier versions of this package do not open. With
// Options.ReadOnly it stays as it is, and is read without heads.
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
		return nil, printable.Errorf("%w: Options.Mode is %#o; want one that lets only the owner write, such as 0600", ErrExposed, o.Mode.Perm())
	}
	if err := checkPlace(path); err != nil {
		return nil, err
	}
	_, err := os.Stat(path)
	missing := errors.Is(err, fs.ErrNotExist) && !o.ReadOnly
	if missing {
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
	if err == nil && !f.sealed && !o.ReadOnly {
		err = f.seal()
	}
	if err == nil && missing {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	s := &Store{file: f}
	if !o.ReadOnly {
		s.writer = newWriter(f)
		go s.writer.run()
	}
	return s, nil
}

// create makes the file beside its place and then puts it there, so that a crash
// leaves no half of one, and of two processes that create it one is the second.
// Where the file system has no links, it leaves the file to be made in its place.
func create(path string, o Options) error {
	draft := fmt.Sprintf("%s.%016x.new", path, rand.Uint64())
	defer os.Remove(draft)
	db, _, err := openBolt(draft, o)
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		pathErr.Path = path // the draft is nobody's business
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

// syncDir makes the name of a new file durable. Windows does so unasked, and has no
// call for it.
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

// openBolt also returns the file itself, which is open as long as the database is.
func openBolt(path string, o Options) (db *bbolt.DB, handle *os.File, err error) {
	err = guarded(func() (err error) {
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
		// A panic left the file open, and so locked.
		return nil, nil, errors.Join(err, handle.Close())
	case errors.Is(err, ErrExposed):
		return nil, nil, err
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, nil, printable.Errorf("%w; stop that one first, or wait longer (it waited %s)", ErrLocked, o.Wait.Round(time.Millisecond))
	case errors.As(err, new(*fs.PathError)):
		return nil, nil, err
	default:
		return nil, nil, printable.Errorf("%w: no bbolt file, or a damaged one: %w", ErrForeign, err)
	}
}

// checkLength refuses a file that was cut off.
func (f *file) checkLength(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return f.view(func(tx *bbolt.Tx) error {
		if tx.Size() > info.Size() {
			return printable.Errorf("%w: it should have %d bytes at least, and has %d", ErrDamaged, tx.Size(), info.Size())
		}
		return nil
	})
}

// checkPages refuses a file in which bbolt would lose its way.
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
	// Of a number of pages that is too large, the size in bytes that checkLength compares overflows.
	if most := uint64(info.Size()) / uint64(size); newest.end > most {
		return printable.Errorf("%w: it should have %d pages, and has %d", ErrDamaged, newest.end, most)
	}
	return f.view(func(tx *bbolt.Tx) error { return checkTrees(handle, size, newest, tx) })
}

// firstTx is the number of the transaction that bbolt notes in a file without any.
const firstTx = 1

// prepare writes the buckets into a file that never had any.
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
	return guarded(func() error { return f.db.Update(makeBuckets) })
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

func (f *file) checkFormat() error {
	return f.view(func(tx *bbolt.Tx) error {
		b := tx.Bucket(usherBucket)
		if b == nil {
			return printable.Errorf("%w: a bbolt file of something else", ErrForeign)
		}
		text := string(b.Get(formatKey))
		found, err := strconv.Atoi(text)
		switch {
		case err != nil || found < 1:
			return printable.Errorf("%w: its format is %q", ErrForeign, text)
		case found > format:
			return printable.Errorf("%w: its format is %d, this version knows %d", ErrNewer, found, format)
		}
		f.sealed = found != unsealed
		for _, name := range dataBuckets {
			if there := tx.Bucket(name) != nil; !there && (f.sealed || string(name) != string(headBucket)) {
				return printable.Errorf("%w: the bucket %s is missing", ErrDamaged, name)
			}
		}
		return nil
	})
}

// seal makes a file of format 1 one of format 2.
func (f *file) seal() error {
	err := guarded(func() error {
		return f.db.Update(func(tx *bbolt.Tx) error {
			if _, err := tx.CreateBucket(headBucket); err != nil {
				return printable.Errorf("%w: %w", ErrDamaged, err)
			}
			if err := (&tables{tx: tx}).sealAll(); err != nil {
				return err
			}
			return tx.Bucket(usherBucket).Put(formatKey, strconv.AppendInt(nil, format, 10))
		})
	})
	f.sealed = err == nil
	return err
}
