package storetest_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/storetest"
)

// plainArchive is a short archive that passes all rows, and has one fault.
type plainArchive struct {
	fault   string
	mu      sync.Mutex
	objects map[usher.AccountID]map[string][]byte // nil for an erased account
}

func (a *plainArchive) key(id usher.AccountID) usher.AccountID {
	if a.fault == "ignores case" {
		return usher.AccountID(strings.ToLower(string(id)))
	}
	return id
}

func (a *plainArchive) Save(_ context.Context, id usher.AccountID, name string, data []byte) error {
	if err := store.CheckObject(id, name); err != nil && a.fault != "accepts all names" {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	id = a.key(id)
	objects, known := a.objects[id]
	stored, found := objects[name]
	switch {
	case known && objects == nil && a.fault != "forgets the mark":
		return store.ErrErased
	case found && !bytes.Equal(stored, data) && a.fault != "overwrites":
		return store.ErrOtherObject
	case objects == nil:
		objects = map[string][]byte{}
		a.objects[id] = objects
	}
	objects[name] = bytes.Clone(data)
	return nil
}

func (a *plainArchive) Load(_ context.Context, id usher.AccountID, name string) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	objects, known := a.objects[a.key(id)]
	data, found := objects[name]
	switch {
	case known && objects == nil:
		return nil, store.ErrErased
	case !found && a.fault != "returns nothing for none":
		return nil, store.ErrNoObject
	}
	return data, nil
}

func (a *plainArchive) Erase(_ context.Context, id usher.AccountID) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fault == "removes before the mark" {
		clear(a.objects[a.key(id)])
		a.mu.Unlock()
		time.Sleep(10 * time.Millisecond)
		a.mu.Lock()
	}
	if a.fault != "does not erase" {
		a.objects[a.key(id)] = nil
	}
	return nil
}

func TestArchiveRows(t *testing.T) {
	for fault, want := range map[string]string{
		"":                         "",
		"ignores case":             "ArchiveKeeps ArchiveErase",
		"accepts all names":        "ArchiveOnce",
		"overwrites":               "ArchiveOnce",
		"returns nothing for none": "ArchiveNone",
		"does not erase":           "ArchiveNone ArchiveErase ArchiveMark ArchiveErasing ArchiveTogether",
		"forgets the mark":         "ArchiveMark",
		"removes before the mark":  "ArchiveErasing",
	} {
		var got []string
		for _, row := range storetest.ArchiveRows() {
			r := check(func(testing.TB) store.Archive {
				return &plainArchive{fault: fault, objects: map[usher.AccountID]map[string][]byte{}}
			}, row.CheckArchive)
			if len(r.errors) > 0 && !(row.Name == "ArchiveTogether" && fault == "forgets the mark") { // a matter of timing
				got = append(got, row.Name)
				assert.Contains(t, r.errors[0], row.Name+": ")
			}
		}
		assert.Equal(t, want, strings.Join(got, " "), fault)
	}
}
