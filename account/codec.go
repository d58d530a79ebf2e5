package account

import (
	"errors"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// CommitFormat is the number of the format in which commits are written, the value
// of their first key. account/FORMAT.md in the repository describes it.
const CommitFormat = 1

var (
	errNoVersion = errors.New("a version counts from 1")
	errOneActor  = errors.New("an actor is either a user or the host")
	errNoChanges = errors.New("a commit has changes")
)

// Encode returns the commit as the journal keeps it: one JSON value in one line,
// the same bytes for the same commit. A commit that DecodeCommit could not read is
// a [*CorruptError]: one that lacks something, or has text that is not UTF-8.
func (c *Commit) Encode() ([]byte, error) {
	w := jsonWriter{buf: make([]byte, 0, 288+96*len(c.Changes))}
	if c.commit(&w); w.err != nil {
		return nil, &CorruptError{Op: "write commit", Account: c.Account, Version: c.Version, Err: w.err}
	}
	return w.buf, nil
}

func (c *Commit) commit(w *jsonWriter) {
	w.raw(`{"usher":1`)
	w.text("account", string(c.Account))
	if c.Version == 0 {
		w.fail(errNoVersion)
	}
	w.uint("version", c.Version)
	if !c.Previous.IsZero() {
		w.text("previous", c.Previous.String())
	}
	w.text("id", c.ID)
	w.time("time", c.Time)
	w.actor(c.Actor)
	w.text("policy", c.Policy)
	w.optional("note", c.Note)
	w.optional("key", c.Key)
	w.optional("request", c.Request)
	if len(c.Changes) == 0 {
		w.fail(errNoChanges)
	}
	if w.err != nil {
		return
	}
	w.raw(`,"changes":[`)
	for i, change := range c.Changes {
		if i > 0 {
			w.raw(",")
		}
		if writeChange(w, change); w.err != nil {
			w.err = printable.Errorf("change %d: %w", i+1, w.err)
			return
		}
	}
	w.raw("]}")
}

func (w *jsonWriter) actor(a Actor) {
	if (a.user == "") == (a.host == "") {
		w.fail(errOneActor)
	}
	w.raw(`,"actor":{`)
	w.optional("user", string(a.user))
	w.optional("host", a.host)
	w.raw("}")
}

// DecodeCommit reads what Encode wrote, of this format or an older one. What it
// does not know is a [*CorruptError], for whoever leaves out a part of a journal
// gets another account. The order of keys does not matter, but for the format's
// number and the name of a change, which come first; nor does white space.
func DecodeCommit(data []byte) (*Commit, error) {
	var c Commit
	r := jsonReader{data: data}
	readCommit(&r, &c)
	if r.end(); r.err != nil {
		err := printable.Errorf("byte %d: %w", r.at, r.err)
		return nil, &CorruptError{Op: "read commit", Account: c.Account, Version: c.Version, Err: err}
	}
	return &c, nil
}

// headerKeys are the keys of a commit.
var headerKeys = newKeys("account", "version", "id", "time", "actor", "policy", "changes", "previous?", "note?", "key?", "request?")

func readCommit(r *jsonReader, c *Commit) {
	r.open('{')
	if !r.more('}') || string(r.key()) != "usher" {
		r.fail(errors.New(`the first key of a commit is "usher"`))
		return
	}
	switch format := r.uint(); {
	case r.err != nil:
		return
	case format > CommitFormat:
		r.fail(printable.Errorf("%w: %d, and this version of the library reads up to %d", ErrNewer, format, CommitFormat))
	case format == 0:
		r.fail(errors.New("formats count from 1"))
	}
	var seen uint64
	for i, ok := headerKeys.next(r, &seen); ok; i, ok = headerKeys.next(r, &seen) {
		switch headerKeys.names[i] {
		case "account":
			c.Account = usher.AccountID(r.string())
		case "version":
			if c.Version = r.uint(); c.Version == 0 {
				r.fail(errNoVersion)
			}
		case "previous":
			c.Previous = r.hash()
		case "id":
			c.ID = r.string()
		case "time":
			c.Time = r.time()
		case "actor":
			c.Actor = readActor(r)
		case "policy":
			c.Policy = r.string()
		case "changes":
			c.Changes = readChanges(r)
		case "note":
			c.Note = r.string()
		case "key":
			c.Key = r.string()
		case "request":
			c.Request = r.string()
		}
	}
	headerKeys.check(r, seen)
}

var actorKeys = newKeys("user?", "host?")

func readActor(r *jsonReader) (a Actor) {
	var seen uint64
	r.open('{')
	for i, ok := actorKeys.next(r, &seen); ok; i, ok = actorKeys.next(r, &seen) {
		switch actorKeys.names[i] {
		case "user":
			a.user = usher.UserID(r.string())
		case "host":
			a.host = r.string()
		}
	}
	if (a.user == "") == (a.host == "") {
		r.fail(errOneActor)
	}
	return a
}

func readChanges(r *jsonReader) []Change {
	var list []Change
	scratch := make(scratch)
	r.open('[')
	for r.more(']') {
		change := scratch.readChange(r)
		if r.err != nil {
			r.err = printable.Errorf("change %d: %w", len(list)+1, r.err)
			return nil
		}
		list = append(list, change)
	}
	if len(list) == 0 {
		r.fail(errNoChanges)
	}
	return list
}
