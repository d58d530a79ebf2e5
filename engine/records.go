package engine

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// record is the data of a user that is stored beside the journal: the values of custom
// fields by the ids of the fields.
type record struct {
	Usher  int                   `json:"usher"` // version of the format
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

// withoutValues removes personal data from an error: the errors of encoding/json quote
// the text that they read.
func withoutValues(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return printable.Errorf("invalid JSON at byte %d", syntax.Offset)
	}
	return errors.New("unexpected JSON structure")
}

// recordSource is a source that also has records.
type recordSource interface {
	Record(ctx context.Context, id usher.AccountID, user usher.UserID) ([]byte, error)
}

// recordCache reads the records of users before the next commit, each once. If a
// concurrent commit changes one, the append of the commit conflicts.
type recordCache struct {
	ctx     context.Context
	from    source
	records recordSource // from, or nil if the store has no records
	snap    *snapshot
	read    map[usher.UserID]record
}

func (e *Engine) newRecordCache(ctx context.Context, from source, snap *snapshot) *recordCache {
	k := &recordCache{ctx: ctx, from: e.whole(from), snap: snap, read: map[usher.UserID]record{}}
	if e.userData != nil {
		k.records, _ = from.(recordSource)
	}
	return k
}

// value implements account.Proposal.Value.
func (k *recordCache) value(user usher.UserID, field int) (account.Value, error) {
	r, err := k.record(user)
	return r.Values[field], err
}

func (k *recordCache) record(user usher.UserID) (record, error) {
	if r, ok := k.read[user]; ok {
		return r, nil
	}
	var data []byte
	if k.records != nil && k.snap.version() > 0 {
		var err error
		if data, err = k.records.Record(k.ctx, k.snap.id, user); err != nil {
			return record{}, err
		}
	}
	r, err := decodeRecord(data)
	if err == nil {
		k.read[user] = r
	}
	return r, err
}

// changed returns the records that an outcome changes. It may change the cached ones.
func (k *recordCache) changed(o *account.Outcome) ([]store.Record, error) {
	if k.records == nil {
		if len(o.Values) > 0 {
			return nil, printable.Errorf("%w: values of custom fields need a store.UserDataStore", store.ErrNoUserData)
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

// Values returns the values of a user's custom fields, by the names of the fields.
// Fields without a value and archived fields are left out. Values requires no
// permission; callers must check user.view, and leave out the fields that the decision
// hides.
//
// The error is an *Error. It wraps account.CodeUnknownUser if the account does not have
// the user, or an error of View.
func (e *Engine) Values(ctx context.Context, id usher.AccountID, user usher.UserID) (map[string]account.Value, error) {
	return e.values(ctx, id, user, false)
}

// ArchivedValues does what Values does, for the archived fields.
func (e *Engine) ArchivedValues(ctx context.Context, id usher.AccountID, user usher.UserID) (map[string]account.Value, error) {
	return e.values(ctx, id, user, true)
}

func (e *Engine) values(ctx context.Context, id usher.AccountID, user usher.UserID, archived bool) (map[string]account.Value, error) {
	snap, err := e.current(ctx, id, 1)
	if err != nil {
		return nil, wrapped("read values of", id, err)
	}
	snap = snap.asOf(time.Time{})
	if u, _ := snap.User(user); u == nil {
		return nil, wrapped("read values of", id, printable.Errorf("%s: %w", user, account.CodeUnknownUser))
	}
	values := map[string]account.Value{}
	if e.userData == nil {
		return values, nil
	}
	data, err := e.userData.Record(ctx, id, user)
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
