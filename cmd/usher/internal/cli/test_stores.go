package cli

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
	"github.com/usher-go/usher/store/memstore"
)

// The values of --on: the stores for scenarios.
const (
	onMemory = "memory"
	onBolt   = "bolt"
)

// scenarioStores creates a new store for each scenario.
type scenarioStores struct {
	dir  string // of the files, "" for memory
	last *boltstore.Store
}

func newScenarioStores(on string) (*scenarioStores, error) {
	if on == onMemory {
		return &scenarioStores{}, nil
	}
	dir, err := os.MkdirTemp("", "usher-test-")
	return &scenarioStores{dir: dir}, err
}

// open returns an empty store. It removes the store of the previous call.
func (s *scenarioStores) open() (store.Store, error) {
	if s.dir == "" {
		return &memstore.Store{}, nil
	}
	if err := s.remove(); err != nil {
		return nil, err
	}
	var err error
	s.last, err = boltstore.Open(s.file(), boltstore.Options{})
	return s.last, err
}

func (s *scenarioStores) file() string { return filepath.Join(s.dir, "scenario.db") }

func (s *scenarioStores) remove() error {
	if s.last == nil {
		return nil
	}
	err := s.last.Close()
	s.last = nil
	return errors.Join(err, os.Remove(s.file()))
}

func (s *scenarioStores) close() error {
	if s.dir == "" {
		return nil
	}
	return errors.Join(s.remove(), os.RemoveAll(s.dir))
}
