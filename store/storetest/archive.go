package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// RunArchive tests whether an archive keeps the contract of store.Archive. The function open returns a new,
// empty archive; each row calls it.
func RunArchive(t *testing.T, open func(t testing.TB) store.Archive) {
	t.Helper()
	for _, row := range archiveRows {
		t.Run(row.Name, func(t *testing.T) {
			t.Helper()
			row.run(t, open)
		})
	}
}

// archiveRow is a test of a sentence of the contract of store.Archive.
type archiveRow struct {
	Name     string
	Sentence string
	check    func(*archiveProbe)
}

func (r archiveRow) run(t testing.TB, open func(testing.TB) store.Archive) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r.check(&archiveProbe{TB: t, row: r, ctx: ctx, archive: open(t)})
}

type archiveProbe struct {
	testing.TB
	row     archiveRow
	ctx     context.Context
	archive store.Archive
}

func (p *archiveProbe) Errorf(format string, args ...any) {
	p.Helper()
	p.TB.Errorf("%s: %s\n\tthe contract: %s", p.row.Name, fmt.Sprintf(format, args...), p.row.Sentence)
}

// save reports a failure unless Save returns an error that is or wraps want, or nil for nil.
func (p *archiveProbe) save(account usher.AccountID, name, data string, want error) {
	p.Helper()
	if err := p.archive.Save(p.ctx, account, name, []byte(data)); !errors.Is(err, want) {
		p.Errorf("Save(%q, %s): error %v, want %v", shortened(account), name, err, want)
	}
}

// want reports a failure unless Load returns the data, or an error that is or wraps want.
func (p *archiveProbe) want(account usher.AccountID, name, data string, want error) {
	p.Helper()
	got, err := p.archive.Load(p.ctx, account, name)
	if !errors.Is(err, want) || !bytes.Equal(got, []byte(data)) {
		p.Errorf("Load(%q, %s) = %s, error %v; want %s, error %v", shortened(account), name, shortened(string(got)), err, shortened(data), want)
	}
}

func (p *archiveProbe) erase(account usher.AccountID) {
	p.Helper()
	if err := p.archive.Erase(p.ctx, account); err != nil {
		p.Errorf("Erase(%q): error %v, want none", shortened(account), err)
	}
}

// oddAccounts are ids that an archive must tell apart.
var oddAccounts = []usher.AccountID{
	"acme", "ACME", "acm", "acmee", "acme/x", "../acme", ".", "a\x00b", "a\xff", "con", "acme ", "ä", "a\u0308",
	usher.AccountID(strings.Repeat("x", store.MaxID)), usher.AccountID(strings.Repeat("x", store.MaxID-1)),
}

var archiveRows = []archiveRow{
	{
		Name:     "ArchiveKeeps",
		Sentence: "It keeps objects by account and name.",
		check: func(p *archiveProbe) {
			long := strings.Repeat("n", store.MaxObjectName)
			for i, id := range oddAccounts {
				p.save(id, "a", fmt.Sprintf("object a of %d", i), nil)
				p.save(id, "a-1", fmt.Sprintf("\x00\xff\n%d", i), nil)
				p.save(id, long, strings.Repeat("x", 1<<20), nil)
				p.save(id, "empty", "", nil)
			}
			for i, id := range oddAccounts {
				p.want(id, "a", fmt.Sprintf("object a of %d", i), nil)
				p.want(id, "a-1", fmt.Sprintf("\x00\xff\n%d", i), nil)
				p.want(id, long, strings.Repeat("x", 1<<20), nil)
				p.want(id, "empty", "", nil)
			}
		},
	},
	{
		Name:     "ArchiveOnce",
		Sentence: "An object does not change: if the name exists with the same data, Save returns nil, and with other data ErrOtherObject. A name for which CheckObject returns an error is ErrInvalid.",
		check: func(p *archiveProbe) {
			for range 3 {
				p.save("acme", "a", "one", nil)
			}
			p.save("acme", "a", "two", store.ErrOtherObject)
			p.save("acme", "a", "on", store.ErrOtherObject)
			p.save("acme", "a", "", store.ErrOtherObject)
			p.want("acme", "a", "one", nil)
			for _, name := range []string{"", "A", "a/b", "..", ".", "a.b", "a b", "ä", strings.Repeat("a", store.MaxObjectName+1)} {
				p.save("acme", name, "data", store.ErrInvalid)
			}
			p.save("", "a", "data", store.ErrInvalid)
			p.save(usher.AccountID(strings.Repeat("x", store.MaxID+1)), "a", "data", store.ErrInvalid)
		},
	},
	{
		Name:     "ArchiveNone",
		Sentence: "It returns ErrNoObject if there is none, and ErrErased for an erased account.",
		check: func(p *archiveProbe) {
			p.want("acme", "a", "", store.ErrNoObject)
			p.save("acme", "a", "one", nil)
			p.want("acme", "b", "", store.ErrNoObject)
			p.want("other", "a", "", store.ErrNoObject)
			p.erase("acme")
			p.want("acme", "a", "", store.ErrErased)
			p.want("acme", "b", "", store.ErrErased)
		},
	},
	{
		Name:     "ArchiveErase",
		Sentence: "Erase removes all objects of an account.",
		check: func(p *archiveProbe) {
			for _, id := range oddAccounts {
				p.save(id, "a", "one", nil)
				p.save(id, "b", "two", nil)
			}
			for i, id := range oddAccounts {
				p.erase(id)
				p.want(id, "a", "", store.ErrErased)
				p.want(id, "b", "", store.ErrErased)
				for _, other := range oddAccounts[i+1:] {
					p.want(other, "a", "one", nil)
				}
			}
		},
	},
	{
		Name:     "ArchiveMark",
		Sentence: "A mark remains, so that a concurrent Save cannot bring an object back. Erasing an erased account, or one without objects, returns nil.",
		check: func(p *archiveProbe) {
			p.save("acme", "a", "one", nil)
			for range 3 {
				p.erase("acme")
				p.save("acme", "a", "one", store.ErrErased)
				p.save("acme", "b", "two", store.ErrErased)
				p.erase("never used")
				p.save("never used", "a", "one", store.ErrErased)
			}
		},
	},
	{
		Name:     "ArchiveErasing",
		Sentence: "Before Erase removes an object, it makes Load return ErrErased for it: until then Load returns the object, also if Erase is stopped.",
		check: func(p *archiveProbe) {
			for i := range 40 {
				id := usher.AccountID(fmt.Sprint("account ", i))
				for n := range 5 {
					p.save(id, fmt.Sprint("object-", n), "data", nil)
				}
				var erasing sync.WaitGroup
				for range i%2 + 1 {
					erasing.Go(func() { p.erase(id) })
				}
				done := make(chan struct{})
				go func() { erasing.Wait(); close(done) }()
				for erased, over := false, false; !erased && !over && !p.Failed(); {
					select {
					case <-done:
						over = true
					default:
					}
					for n := range 5 {
						name := fmt.Sprint("object-", n)
						data, err := p.archive.Load(p.ctx, id, name)
						switch {
						case errors.Is(err, store.ErrErased):
							erased = true
						case err != nil || string(data) != "data":
							p.Errorf("Load(%q, %s) during Erase = %s, error %v; want the data or %v", id, name, shortened(string(data)), err, store.ErrErased)
						case erased:
							p.Errorf("Load(%q, %s) = %s after it returned %v for another object", id, name, shortened(string(data)), store.ErrErased)
						}
					}
				}
				<-done
				p.want(id, "object-0", "", store.ErrErased)
			}
		},
	},
	{
		Name:     "ArchiveTogether",
		Sentence: "Its methods may be called concurrently, also by several processes.",
		check: func(p *archiveProbe) {
			var running sync.WaitGroup
			for i := range 12 {
				running.Go(func() {
					for n := range 10 {
						id, name := usher.AccountID(fmt.Sprint("account ", n)), fmt.Sprint("object-", i%4)
						switch {
						case i == 11 && n%2 == 1:
							p.erase(id)
						case n%2 == 0:
							p.save(id, name, name, nil)
							p.want(id, name, name, nil)
						default: // the account is erased meanwhile; an error says so, or that the call gave up
							_ = p.archive.Save(p.ctx, id, name, []byte(name))
						}
					}
				})
			}
			running.Wait()
			for n := range 10 {
				id := usher.AccountID(fmt.Sprint("account ", n))
				for i := range 4 {
					if n%2 == 0 {
						p.want(id, fmt.Sprint("object-", i), fmt.Sprint("object-", i), nil)
					} else {
						p.want(id, fmt.Sprint("object-", i), "", store.ErrErased)
					}
				}
			}
		},
	},
}
