package account

import (
	"reflect"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/seat"
)

// Concerns returns a function that reports whether a change concerns what the commands of an
// actor name. A change concerns a command if both name
//
//   - the same user; for Leave, JoinTeam, LeaveTeam, WithdrawRequest and a RequestToJoin without
//     a user, the actor
//   - or, if the command names no user: the same team, seat pool, setting or custom field
//
// Every change concerns a command that names none of these, such as DeleteAccount. The
// creation and the deletion of the account concern every command. Without commands, no change
// concerns them.
func Concerns(actor Actor, commands ...Command) func(Change) bool {
	named, all := map[subject]bool{}, false
	for _, c := range commands {
		list := subjectsOf(c)
		if concernsActor(c) {
			list = []subject{{userSubject, string(actor.User())}}
		}
		if users := slices.DeleteFunc(slices.Clone(list), func(s subject) bool { return s.kind != userSubject }); len(users) > 0 {
			list = users
		}
		all = all || len(list) == 0
		for _, s := range list {
			named[s] = true
		}
	}
	return func(c Change) bool {
		switch c.(type) {
		case AccountCreated, AccountDeleted:
			return len(commands) > 0
		}
		return all || slices.ContainsFunc(subjectsOf(c), func(s subject) bool { return named[s] })
	}
}

// concernsActor reports whether a command concerns the actor without naming the actor.
func concernsActor(c Command) bool {
	switch c := c.(type) {
	case Leave, JoinTeam, LeaveTeam, WithdrawRequest:
		return true
	case RequestToJoin:
		return c.User == ""
	}
	return false
}

// subject is a part of an account that a command or a change names.
type subject struct{ kind, id string }

const (
	userSubject    = "user"
	teamSubject    = "team"
	poolSubject    = "pool"
	settingSubject = "setting"
	fieldSubject   = "field"
)

// textSubjects contains the kind of what a field of type string names, by the field's name.
var textSubjects = map[string]string{"Setting": settingSubject, "Field": fieldSubject, "To": fieldSubject, "Before": fieldSubject}

// subjectsOf returns what the fields of a command or a change name, without empty ids.
func subjectsOf(v any) (list []subject) {
	of := reflect.Indirect(reflect.ValueOf(v))
	if of.Kind() != reflect.Struct {
		return nil
	}
	add := func(kind, id string) {
		if id != "" {
			list = append(list, subject{kind, id})
		}
	}
	for i := range of.NumField() {
		switch value := of.Field(i).Interface().(type) {
		case usher.UserID:
			add(userSubject, string(value))
		case usher.TeamID:
			add(teamSubject, string(value))
		case []usher.TeamID:
			for _, id := range value {
				add(teamSubject, string(id))
			}
		case seat.PoolName:
			add(poolSubject, string(value))
		case string:
			if kind := textSubjects[of.Type().Field(i).Name]; kind != "" {
				add(kind, value)
			}
		}
	}
	return list
}
