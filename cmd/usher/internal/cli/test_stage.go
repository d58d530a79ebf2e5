package cli

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
	"github.com/usher-go/usher/store/memstore"
)

// What scenarios are played on.
const (
	onMemory = "memory"
	onBolt   = "bolt"
)

// stage is where scenarios are played: it has a new store for each.
type stage struct {
	dir  string // of files, "" for memory
	last *boltstore.Store
}

func newStage(on string) (*stage, error) {
	if on == onMemory {
		return &stage{}, nil
	}
	dir, err := os.MkdirTemp("", "usher-test-")
	return &stage{dir: dir}, err
}

// open returns a store without accounts. The one before it is over.
func (s *stage) open() (store.Store, error) {
	if s.dir == "" {
		return &memstore.Store{}, nil
	}
	if err := s.strike(); err != nil {
		return nil, err
	}
	var err error
	s.last, err = boltstore.Open(s.file(), boltstore.Options{})
	return s.last, err
}

func (s *stage) file() string { return filepath.Join(s.dir, "scenario.db") }

func (s *stage) strike() error {
	if s.last == nil {
		return nil
	}
	err := s.last.Close()
	s.last = nil
	return errors.Join(err, os.Remove(s.file()))
}

func (s *stage) close() error {
	if s.dir == "" {
		return nil
	}
	return errors.Join(s.strike(), os.RemoveAll(s.dir))
}
