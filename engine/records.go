package engine

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// record is what is kept of a user beside the journal: the values of custom fields
// by the ids of the fields.
type record struct {
	Usher  int                   `json:"usher"` // the version of the format
	Values map[int]account.Value `json:"values"`
}

const recordFormat = 1

func decodeRecord(data []byte) (record, error) {
	r := record{Usher: recordFormat}
	if len(data) > 0 {
		if err := json.Unmarshal(data, &r); err != nil {
			return record{}, printable.Errorf("a record cannot be read: %w", withoutValues(err))
		}
		if r.Usher != recordFormat {
			return record{}, printable.Errorf("a record has format %d, and this version of the library reads %d", r.Usher, recordFormat)
		}
	}
	if r.Values == nil {
		r.Values = map[int]account.Value{}
	}
	return r, nil
}

// withoutValues keeps personal data out of an error: those of package json quote
// what they read.
func withoutValues(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return printable.Errorf("byte %d is wrong", syntax.Offset)
	}
	return errors.New("it has another shape")
}

// kept reads the records of users as they are before the next commit, each once. If
// others change one first, the commit finds its version taken.
type kept struct {
	engine *Engine
	ctx    context.Context
	snap   *snapshot
	found  map[usher.UserID]record
}

func (e *Engine) kept(ctx context.Context, snap *snapshot) *kept {
	return &kept{engine: e, ctx: ctx, snap: snap, found: map[usher.UserID]record{}}
}

// value is the Value of an account.Proposal.
func (k *kept) value(user usher.UserID, field int) (account.Value, error) {
	r, err := k.record(user)
	return r.Values[field], err
}

func (k *kept) record(user usher.UserID) (record, error) {
	if r, ok := k.found[user]; ok {
		return r, nil
	}
	var data []byte
	if k.engine.keeper != nil && k.snap.version() > 0 {
		var err error
		if data, err = k.engine.keeper.Record(k.ctx, k.snap.id, user); err != nil {
			return record{}, err
		}
	}
	r, err := decodeRecord(data)
	if err == nil {
		k.found[user] = r
	}
	return r, err
}

// records returns the records that change with an outcome. It may change those that
// were read before.
func (k *kept) records(o *account.Outcome) ([]store.Record, error) {
	if k.engine.keeper == nil {
		if len(o.Values) > 0 {
			return nil, printable.Errorf("%w of users, and values of custom fields need one that does", store.ErrNoUserData)
		}
		return nil, nil
	}
	list := make([]store.Record, 0, len(o.Removed))
	removed := make(map[usher.UserID]bool, len(o.Removed))
	for _, user := range o.Removed {
		list = append(list, store.Record{User: user})
		removed[user] = true
	}
	changed := map[usher.UserID]record{}
	for _, v := range o.Values {
		r, ok := changed[v.User]
		if !ok {
			var err error
			if removed[v.User] {
				r, err = decodeRecord(nil)
			} else {
				r, err = k.record(v.User)
			}
			if err != nil {
				return nil, err
			}
			changed[v.User] = r
		}
		if v.Value == "" {
			delete(r.Values, v.Field)
		} else {
			r.Values[v.Field] = v.Value
		}
	}
	for _, v := range o.Values {
		if r, ok := changed[v.User]; ok {
			delete(changed, v.User)
			data, err := json.Marshal(r)
			if err != nil {
				return nil, err
			}
			list = append(list, store.Record{User: v.User, Data: data})
		}
	}
	return slices.Clip(list), nil
}

// Values returns what a user has in the custom fields, by the names of the fields;
// those in which the user has nothing are left out, and so are archived ones.
// Reading asks no permission: whoever shows it checks user.view first, and leaves
// out what the decision hides.
//
// The error is an *Error. It wraps account.CodeUnknownUser for somebody who is none of
// the account, and else what View's does.
func (e *Engine) Values(ctx context.Context, id usher.AccountID, user usher.UserID) (map[string]account.Value, error) {
	return e.values(ctx, id, user, false)
}

// ArchivedValues returns what a user has in custom fields that are archived, as
// Values does for the others.
func (e *Engine) ArchivedValues(ctx context.Context, id usher.AccountID, user usher.UserID) (map[string]account.Value, error) {
	return e.values(ctx, id, user, true)
}

func (e *Engine) values(ctx context.Context, id usher.AccountID, user usher.UserID, archived bool) (map[string]account.Value, error) {
	snap, err := e.current(ctx, id, 1)
	if err != nil {
		return nil, wrapped("read values of", id, err)
	}
	if u, _ := snap.User(user); u == nil {
		return nil, wrapped("read values of", id, printable.Errorf("%s: %w", user, account.CodeUnknownUser))
	}
	values := map[string]account.Value{}
	if e.keeper == nil {
		return values, nil
	}
	data, err := e.keeper.Record(ctx, id, user)
	if err != nil {
		return nil, wrapped("read values of", id, err)
	}
	r, err := decodeRecord(data)
	if err != nil {
		return nil, wrapped("read values of", id, err)
	}
	for _, f := range snap.Fields() {
		if v := r.Values[f.ID]; v != "" && f.Archived == archived {
			values[f.Name] = v
		}
	}
	return values, nil
}
