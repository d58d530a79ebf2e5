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
// format that this version does not know ErrNewer; none of them is changed.
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
	_, err := os.Stat(path)
	missing := errors.Is(err, fs.ErrNotExist) && !o.ReadOnly
	if missing {
		if err := create(path, o); err != nil {
			return nil, err
		}
	}
	db, err := openBolt(path, o)
	if err != nil {
		return nil, err
	}
	f := &file{db: db}
	err = f.checkLength(path)
	if err == nil && !o.ReadOnly {
		err = f.prepare()
	}
	if err == nil {
		err = f.checkFormat()
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
	db, err := openBolt(draft, o)
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

func openBolt(path string, o Options) (db *bbolt.DB, err error) {
	var handle *os.File
	err = guarded(func() (err error) {
		db, err = bbolt.Open(path, o.Mode, &bbolt.Options{
			Timeout:      o.Wait,
			ReadOnly:     o.ReadOnly,
			FreelistType: bbolt.FreelistMapType,
			NoStatistics: true,
			OpenFile: func(name string, flag int, mode fs.FileMode) (*os.File, error) {
				handle, err = os.OpenFile(name, flag, mode)
				return handle, err
			},
		})
		return err
	})
	switch {
	case err == nil:
		return db, nil
	case errors.Is(err, ErrDamaged):
		// A panic left the file open, and so locked.
		return nil, errors.Join(err, handle.Close())
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, printable.Errorf("%w; stop that one first, or wait longer (it waited %s)", ErrLocked, o.Wait.Round(time.Millisecond))
	case errors.As(err, new(*fs.PathError)):
		return nil, err
	default:
		return nil, printable.Errorf("%w: no bbolt file, or a damaged one: %w", ErrForeign, err)
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

// prepare writes the buckets into a file that has none.
func (f *file) prepare() error {
	empty := true
	err := f.view(func(tx *bbolt.Tx) error {
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
		for _, name := range dataBuckets {
			if tx.Bucket(name) == nil {
				return printable.Errorf("%w: the bucket %s is missing", ErrDamaged, name)
			}
		}
		return nil
	})
}
