package account

import (
	"errors"
	"fmt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/strictjson"
)

// CommitFormat is the number of the format in which commits are written, which is the value
// of their first key. account/FORMAT.md in the repository defines the format.
const CommitFormat = 1

var (
	errNoVersion = errors.New("the version must be at least 1")
	errOneActor  = errors.New("the actor must be either a user or the host")
	errOnBehalf  = errors.New("only another user can act on behalf of a user")
	errNoChanges = errors.New("the commit has no changes")
)

// Encode returns the commit as stored in the journal: one JSON value in one line. Equal
// commits have equal bytes. For a commit that DecodeCommit would reject, because it lacks
// something or has text that is not UTF-8, the error is a [*CorruptError].
func (c *Commit) Encode() ([]byte, error) {
	w := strictjson.NewWriter(288 + 96*len(c.Changes))
	c.write(w)
	if err := w.Err(); err != nil {
		return nil, &CorruptError{Op: "write commit", Account: c.Account, Version: c.Version, Err: err}
	}
	return w.Bytes(), nil
}

func (c *Commit) write(w *strictjson.Writer) {
	w.Raw(`{"usher":1`)
	w.String("account", string(c.Account))
	if c.Version == 0 {
		w.Fail(errNoVersion)
	}
	w.Uint("version", c.Version)
	if !c.Previous.IsZero() {
		w.String("previous", c.Previous.String())
	}
	w.String("id", c.ID)
	w.Time("time", c.Time)
	writeActor(w, c.Actor)
	w.String("policy", c.Policy)
	w.Optional("note", c.Note)
	w.Optional("key", c.Key)
	w.Optional("request", c.Request)
	if len(c.Changes) == 0 {
		w.Fail(errNoChanges)
	}
	if w.Err() != nil {
		return
	}
	w.Raw(`,"changes":[`)
	for i, change := range c.Changes {
		if i > 0 {
			w.Raw(",")
		}
		if writeChange(w, change); w.Err() != nil {
			w.Prefix(fmt.Sprintf("change %d", i+1))
			return
		}
	}
	w.Raw("]}")
}

func writeActor(w *strictjson.Writer, a Actor) {
	if err := a.check(); err != nil {
		w.Fail(err)
	}
	w.Raw(`,"actor":{`)
	w.Optional("user", string(a.user))
	w.Optional("by", string(a.by))
	w.Optional("host", a.host)
	w.Raw("}")
}

// DecodeCommit reads what Encode wrote, in this format or an older one. It rejects everything
// unknown with a [*CorruptError], because skipping part of a journal results in another
// account. It accepts white space, and keys in any order, except that the format's number and
// the name of a change come first.
func DecodeCommit(data []byte) (*Commit, error) {
	var c Commit
	r := strictjson.NewReader(data)
	readCommit(r, &c)
	r.End()
	if r.Err() != nil {
		err := printable.Errorf("byte %d: %w", r.Offset(), r.Err())
		return nil, &CorruptError{Op: "read commit", Account: c.Account, Version: c.Version, Err: err}
	}
	return &c, nil
}

// headerKeys are the keys of a commit.
var headerKeys = strictjson.NewKeys("account", "version", "id", "time", "actor", "policy", "changes", "previous?", "note?", "key?", "request?")

func readCommit(r *strictjson.Reader, c *Commit) {
	if !r.OpenWith("usher", "a commit") {
		return
	}
	switch format := r.Uint(); {
	case r.Err() != nil:
		return
	case format > CommitFormat:
		r.Fail(printable.Errorf("%w: %d, and this version of the library reads up to %d", ErrNewer, format, CommitFormat))
	case format == 0:
		r.Fail(errors.New("the format must be at least 1, got 0"))
	}
	for o := headerKeys.Read(r); o.Next(); {
		switch o.Key() {
		case "account":
			c.Account = usher.AccountID(r.String())
		case "version":
			if c.Version = r.Uint(); c.Version == 0 {
				r.Fail(errNoVersion)
			}
		case "previous":
			c.Previous = readHash(r)
		case "id":
			c.ID = r.String()
		case "time":
			c.Time = r.Time()
		case "actor":
			c.Actor = readActor(r)
		case "policy":
			c.Policy = r.String()
		case "changes":
			c.Changes = readChanges(r)
		case "note":
			c.Note = r.String()
		case "key":
			c.Key = r.String()
		case "request":
			c.Request = r.String()
		}
	}
}

func readHash(r *strictjson.Reader) Hash {
	text := r.Bytes()
	if r.Err() != nil {
		return Hash{}
	}
	h, err := parseHash(string(text))
	if err != nil {
		r.Fail(printable.Errorf("the hash %s: %w", word(string(text)), err))
	}
	return h
}

// check returns an error for an actor that cannot be written.
func (a Actor) check() error {
	switch {
	case (a.user == "") == (a.host == ""):
		return errOneActor
	case a.by != "" && (a.user == "" || a.by == a.user):
		return errOnBehalf
	}
	return nil
}

var actorKeys = strictjson.NewKeys("user?", "by?", "host?")

func readActor(r *strictjson.Reader) (a Actor) {
	r.Open('{')
	for o := actorKeys.Read(r); o.Next(); {
		switch o.Key() {
		case "user":
			a.user = usher.UserID(r.String())
		case "by":
			a.by = usher.UserID(r.String())
		case "host":
			a.host = r.String()
		}
	}
	if err := a.check(); err != nil {
		r.Fail(err)
	}
	return a
}

func readChanges(r *strictjson.Reader) []Change {
	var list []Change
	scratch := make(scratch)
	r.Open('[')
	for r.More(']') {
		change := scratch.readChange(r)
		if r.Err() != nil {
			r.Prefix(fmt.Sprintf("change %d", len(list)+1))
			return nil
		}
		list = append(list, change)
	}
	if len(list) == 0 {
		r.Fail(errNoChanges)
	}
	return list
}
