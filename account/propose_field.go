package account

import (
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/permission"
)

var (
	accountConfigure = permission.MustParse("account.configure")
	fieldManage      = permission.MustParse("field.manage")
	userEdit         = permission.MustParse("user.edit")
)

func (ChangeSetting) asks(*proposing) requirement { return needs(accountConfigure, parties{}) }

func (c ChangeSetting) propose(q *proposing) error {
	value, ok := q.policy.Setting(c.Setting)
	if !ok {
		return q.unknownSetting(c.Setting)
	}
	if set, changed := q.next.Setting(c.Setting); changed {
		value = set
	}
	if value == c.Value {
		return nil
	}
	return q.emit(SettingChanged(c))
}

func (q *proposing) unknownSetting(name string) error {
	return q.refuse(UnknownSetting, "%s has no setting %q%s", q.policyName(), name, suggest.DidYouMean(name, q.policy.Settings()))
}

func (DefineField) asks(*proposing) requirement { return needs(fieldManage, parties{}) }

func (c DefineField) propose(q *proposing) error {
	if err := checkID("field", c.Field); err != nil {
		return q.refuse(Invalid, "%v", err)
	}
	if c.Type < TextField || c.Type > BoolField {
		return q.refuse(Invalid, "a field is of type text, number, date or bool")
	}
	if f, ok := q.next.Field(c.Field); ok {
		if f.Archived {
			return q.refuse(Exists, "there is a field %s, archived; restore-field shows it again", c.Field)
		}
		return q.refuse(Exists, "there is a field %s already", c.Field)
	}
	if n := len(q.next.planned().fields); n >= MaxFields {
		return q.refuse(Invalid, "an account has at most %d custom fields, archived ones included, and this one has %d; rename-field gives one another name", MaxFields, n)
	}
	return q.emit(FieldDefined{ID: q.next.planned().lastField + 1, Field: c.Field, Type: c.Type})
}

func (RenameField) asks(*proposing) requirement { return needs(fieldManage, parties{}) }

func (c RenameField) propose(q *proposing) error {
	if err := q.uncovers(c.Field, c.To); err != nil {
		return err
	}
	if err := q.knownField(c.Field); err != nil {
		return err
	}
	if err := checkID("field", c.To); err != nil {
		return q.refuse(Invalid, "%v", err)
	}
	if c.To == c.Field {
		return nil
	}
	if _, ok := q.next.Field(c.To); ok {
		return q.refuse(Exists, "there is a field %s already", c.To)
	}
	return q.emit(FieldRenamed(c))
}

func (MoveField) asks(*proposing) requirement { return needs(fieldManage, parties{}) }

func (c MoveField) propose(q *proposing) error {
	if err := q.knownField(c.Field); err != nil {
		return err
	}
	fields := q.next.planned().fields
	at, to := fieldIndex(fields, c.Field), len(fields)
	if c.Before != "" {
		if to = fieldIndex(fields, c.Before); to < 0 {
			return q.unknownField(c.Before)
		}
	}
	if to == at || to == at+1 {
		return nil
	}
	return q.emit(FieldMoved(c))
}

func (ArchiveField) asks(*proposing) requirement { return needs(fieldManage, parties{}) }

func (c ArchiveField) propose(q *proposing) error {
	if err := q.knownField(c.Field); err != nil {
		return err
	}
	if f, _ := q.next.Field(c.Field); f.Archived {
		return nil
	}
	return q.emit(FieldArchived(c))
}

func (RestoreField) asks(*proposing) requirement { return needs(fieldManage, parties{}) }

func (c RestoreField) propose(q *proposing) error {
	if err := q.knownField(c.Field); err != nil {
		return err
	}
	if f, _ := q.next.Field(c.Field); !f.Archived {
		return nil
	}
	return q.emit(FieldRestored(c))
}

// knownField refuses a field that the account does not have.
func (q *proposing) knownField(name string) error {
	if _, ok := q.next.Field(name); !ok {
		return q.unknownField(name)
	}
	return nil
}

// uncovers refuses new names for what the policy can hide, unless the actor may edit
// every user without the field being hidden. Rules hide fields by their names, so a
// field would be shown under another name, and one that is given a hidden name would be
// lost to those who use it. No other command on fields changes what a name stands for:
// define-field makes a field without values, under a name that no field has; values stay
// with a field that is archived, and it keeps its name; and set-field checks the name.
func (q *proposing) uncovers(names ...string) error {
	if q.actor.Host() != "" {
		return nil
	}
	hideable := q.policy.Fields(userEdit.Resource())
	names = slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(hideable, name) })
	if len(names) == 0 {
		return nil
	}
	d, err := q.authorize(userEdit, parties{})
	if err != nil {
		return err
	}
	for _, name := range names {
		if d.Hides(name) {
			r := q.refusal(Denied, "%s may not see %s of users, and a new name would show or hide it; %s without hiding it is needed", q.actor, name, userEdit)
			r.Decision = d
			return r
		}
	}
	return nil
}

func (q *proposing) unknownField(name string) error {
	var names []string
	for _, f := range q.next.planned().fields {
		names = append(names, f.Name)
	}
	return q.refuse(UnknownField, "%s has no field %q%s", q.next.account, name, suggest.DidYouMean(name, names))
}

func (c SetField) asks(*proposing) requirement { return needs(userEdit, of(c.User)) }

func (c SetField) propose(q *proposing) error {
	if q.actor.Host() == "" && q.allowed.Hides(c.Field) {
		r := q.refusal(Denied, "%s may not see %s of %s", q.actor, c.Field, c.User)
		r.Decision = q.allowed
		return r
	}
	if _, err := q.user(c.User); err != nil {
		return err
	}
	f, ok := q.next.Field(c.Field)
	switch {
	case !ok:
		return q.unknownField(c.Field)
	case f.Archived:
		return q.refuse(UnknownField, "%s is archived; restore-field shows it again", c.Field)
	case !c.Value.Fits(f.Type):
		return q.refuse(Invalid, "%s is a field of type %s, and the value is none", c.Field, f.Type)
	}
	switch same, err := q.hasValue(FieldValue{User: c.User, Field: f.ID, Value: c.Value}); {
	case err != nil:
		return err
	case same:
		return nil
	}
	q.outcome.Values = append(q.outcome.Values, FieldValue{User: c.User, Field: f.ID, Value: c.Value})
	return q.emit(FieldSet{User: c.User, Field: c.Field})
}

// hasValue reports whether a user is known to have a value already, by a command before
// this one or else by what was kept before the proposal. Of a user who was removed
// before this command nothing is kept.
func (q *proposing) hasValue(v FieldValue) (bool, error) {
	for _, set := range slices.Backward(q.outcome.Values) {
		if set.User == v.User && set.Field == v.Field {
			return set.Value == v.Value, nil
		}
	}
	if slices.Contains(q.outcome.Removed, v.User) {
		return v.Value == "", nil
	}
	if q.value == nil {
		return false, nil
	}
	kept, err := q.value(v.User, v.Field)
	return kept == v.Value && err == nil, err
}

var isNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// Fits reports whether a field of the type can have the value. No value fits
// always.
func (v Value) Fits(t FieldType) bool {
	if v == "" {
		return true
	}
	switch t {
	case TextField:
		return len(v) <= MaxValue && utf8.ValidString(string(v))
	case NumberField:
		return len(v) <= MaxValue && isNumber.MatchString(string(v))
	case DateField:
		_, err := time.Parse(time.DateOnly, string(v))
		return err == nil
	case BoolField:
		return v == "true" || v == "false"
	}
	return false
}
