package account

import (
	"bytes"
	"errors"
	"iter"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/strictjson"
)

// RequestID is the number of a request in its account, from 1. A number is never used again.
type RequestID int

// OpenRequest is a request that was made with [Request], and not yet approved, declined or withdrawn.
// The caller must not change the commands. The zero OpenRequest is not a request.
type OpenRequest struct {
	ID       RequestID
	User     usher.UserID // the author
	Commands []Command
	Note     string
	Until    time.Time // zero: no end
	Version  uint64    // of the commit that made it
}

// Ended reports whether the request can no longer be approved at a time.
func (r OpenRequest) Ended(at time.Time) bool { return !r.Until.IsZero() && !at.Before(r.Until) }

// requests are the open requests of an account. A nil *requests has none. It is immutable.
type requests struct {
	lastID RequestID
	open   []OpenRequest // in the order of their ids
}

func (r *requests) last() RequestID {
	if r == nil {
		return 0
	}
	return r.lastID
}

func (r *requests) list() []OpenRequest {
	if r == nil {
		return nil
	}
	return r.open
}

func (r *requests) find(id RequestID) int {
	list := r.list()
	at := sort.Search(len(list), func(i int) bool { return list[i].ID >= id })
	if at < len(list) && list[at].ID == id {
		return at
	}
	return -1
}

// Request returns the open request with an id, and whether there is one. A request that has
// ended is open until a commit records its end.
func (s *State) Request(id RequestID) (OpenRequest, bool) {
	if at := s.requests.find(id); at >= 0 {
		return s.requests.open[at], true
	}
	return OpenRequest{}, false
}

// openRequests yields the requests that can be approved at a time, in the order of their ids.
func (s *State) openRequests(at time.Time) iter.Seq[OpenRequest] {
	return func(yield func(OpenRequest) bool) {
		for _, r := range s.requests.list() {
			if !r.Ended(at) && !yield(r) {
				return
			}
		}
	}
}

// Requests yields the open requests that have not ended at a time, in the order of their ids,
// starting after the given id. A user with request.make sees at least the own ones; show others only to users who
// may see the users that they name.
func (v View) Requests(at time.Time, after RequestID) iter.Seq[OpenRequest] {
	return func(yield func(OpenRequest) bool) {
		for r := range v.read().openRequests(at) {
			if r.ID > after && !yield(r) {
				return
			}
		}
	}
}

// Request returns the open request with an id, and whether there is one that has not ended at a
// time.
func (v View) Request(id RequestID, at time.Time) (OpenRequest, bool) {
	r, ok := v.read().Request(id)
	if !ok || r.Ended(at) {
		return OpenRequest{}, false
	}
	return r, true
}

// RequestMade stores a request. Request is the next number.
type RequestMade struct {
	Request  RequestID    `json:"request"`
	User     usher.UserID `json:"user"`
	Commands []Command    `json:"commands"`
	Note     string       `json:"note,omitempty"`
	Until    time.Time    `json:"until,omitzero"`
}

func (c RequestMade) apply(d *draft) error {
	switch last := d.next.requests.last(); {
	case c.Request <= last:
		return printable.Errorf("the request must have a number above %d, not %d", last, c.Request)
	case len(c.Commands) == 0:
		return errors.New("a request has at least one command")
	}
	if _, err := d.lookUp(c.User); err != nil {
		return err
	}
	w := strictjson.NewWriter(0)
	if writeCommands(w, c.Commands); w.Err() != nil {
		return w.Err()
	}
	r := OpenRequest{ID: c.Request, User: c.User, Commands: c.Commands, Note: c.Note, Until: c.Until, Version: d.next.version + 1}
	d.next.requests = &requests{c.Request, append(slices.Clip(d.next.requests.list()), r)}
	return nil
}

func (c RequestMade) describe() string {
	s := word(c.User) + " makes the request " + strconv.Itoa(int(c.Request)) + ": " + Request{Commands: c.Commands}.describe()
	if !c.Until.IsZero() {
		s += "; it ends at " + c.Until.UTC().Format(time.RFC3339Nano)
	}
	return s
}

// RequestApproved closes a request. The changes after it are those of its commands, and the
// commit's actor is the approver. User is the author.
type RequestApproved struct {
	Request RequestID    `json:"request"`
	User    usher.UserID `json:"user"`
}

func (c RequestApproved) apply(d *draft) error { return d.closeRequest(c.Request, c.User) }

func (c RequestApproved) describe() string { return ofAuthor(c.Request, c.User) + " is approved" }

// RequestDeclined closes a request, whose commands do not run. User is the author.
type RequestDeclined struct {
	Request RequestID    `json:"request"`
	User    usher.UserID `json:"user"`
	Note    string       `json:"note,omitempty"`
}

func (c RequestDeclined) apply(d *draft) error { return d.closeRequest(c.Request, c.User) }

func (c RequestDeclined) describe() string { return ofAuthor(c.Request, c.User) + " is declined" }

// RequestWithdrawn closes a request, which its author no longer wants.
type RequestWithdrawn struct {
	Request RequestID    `json:"request"`
	User    usher.UserID `json:"user"`
}

func (c RequestWithdrawn) apply(d *draft) error { return d.closeRequest(c.Request, c.User) }

func (c RequestWithdrawn) describe() string {
	return word(c.User) + " withdraws the request " + strconv.Itoa(int(c.Request))
}

// RequestEnded closes a request whose end has passed. The next request that is made records it.
type RequestEnded struct {
	Request RequestID    `json:"request"`
	User    usher.UserID `json:"user"`
}

func (c RequestEnded) apply(d *draft) error { return d.closeRequest(c.Request, c.User) }

func (c RequestEnded) describe() string { return ofAuthor(c.Request, c.User) + " ends" }

func ofAuthor(id RequestID, author usher.UserID) string {
	return "the request " + strconv.Itoa(int(id)) + " of " + word(author)
}

// closeRequest removes a request of an author.
func (d *draft) closeRequest(id RequestID, author usher.UserID) error {
	at := d.next.requests.find(id)
	if at < 0 || d.next.requests.open[at].User != author {
		return printable.Errorf("there is no open request %d of %s", id, author)
	}
	d.next.requests = &requests{d.next.requests.lastID, without(d.next.requests.open, at)}
	return nil
}

// withdrawAll removes the requests of a user who is removed.
func (d *draft) withdrawAll(author usher.UserID) {
	isOf := func(r OpenRequest) bool { return r.User == author }
	if !slices.ContainsFunc(d.next.requests.list(), isOf) {
		return
	}
	left := slices.DeleteFunc(slices.Clone(d.next.requests.open), isOf)
	if len(left) == 0 {
		left = nil
	}
	d.next.requests = &requests{d.next.requests.lastID, left}
}

// Renamed returns the request after a user got another id, as [RenameUser] gives it: the new id
// replaces the old one as author and in the commands. It does not change r.
func (r OpenRequest) Renamed(from, to usher.UserID) OpenRequest {
	if r.User == from {
		r.User = to
	}
	r.Commands = slices.Clone(r.Commands)
	for i, c := range r.Commands {
		r.Commands[i] = renamedIn(reflect.ValueOf(c), from, to).Interface().(Command)
	}
	return r
}

// renameInRequests replaces the id of a user by another id of the same person, as author and in
// the commands.
func (d *draft) renameInRequests(from, to usher.UserID) {
	if len(d.next.requests.list()) == 0 {
		return
	}
	moved := slices.Clone(d.next.requests.open)
	for i := range moved {
		moved[i] = moved[i].Renamed(from, to)
	}
	d.next.requests = &requests{d.next.requests.lastID, moved}
}

// renamedIn returns a copy of a value in which one user's id is replaced.
func renamedIn(v reflect.Value, from, to usher.UserID) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		if id, ok := v.Interface().(usher.UserID); ok && id == from {
			return reflect.ValueOf(to)
		}
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			list.Index(i).Set(renamedIn(v.Index(i), from, to))
		}
		return list
	case reflect.Struct:
		if _, ok := v.Interface().(time.Time); ok {
			return v
		}
		changed := reflect.New(v.Type()).Elem()
		for i := range v.NumField() {
			changed.Field(i).Set(renamedIn(v.Field(i), from, to))
		}
		return changed
	}
	return v
}

// sameCommands reports whether two lists have equal commands.
func sameCommands(a, b []Command) bool {
	return slices.EqualFunc(a, b, func(a, b Command) bool {
		one, err := EncodeCommand(a)
		other, otherErr := EncodeCommand(b)
		return err == nil && otherErr == nil && bytes.Equal(one, other)
	})
}

// writeCommands writes a list of commands, without a key.
func writeCommands(w *strictjson.Writer, list []Command) {
	w.Raw("[")
	for _, c := range list {
		w.Next()
		writeCommandIn(w, c, true)
	}
	w.Raw("]")
}

// readCommands reads a list of commands. A command in it has no list of commands.
func readCommands(r *strictjson.Reader) []Command {
	var list []Command
	for r.Open('['); r.More(']'); {
		list = append(list, readCommandIn(r, true))
	}
	if r.Err() != nil {
		return nil
	}
	return list
}
