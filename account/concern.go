package account

import (
	"reflect"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// Concerns returns a function that reports whether a change concerns what the commands of an
// actor name. A change concerns a command if both name
//
//   - the same user; for Leave, JoinTeam, LeaveTeam, WithdrawRequest and a RequestToJoin without
//     a user, the actor
//   - or, if the command names no user: the same team, seat pool, setting, custom field, role or
//     resource
//
// Every change concerns a command that names none of these, such as DeleteAccount. The
// creation and the deletion of the account concern every command, and a [RoleReplaced], which names no
// users, every command that names a user. Without commands, no change
// concerns them.
func Concerns(actor Actor, commands ...Command) func(Change) bool {
	named, all, ofUsers := map[subject]bool{}, false, false
	for _, c := range commands {
		list := subjectsOf(c)
		if concernsActor(c) {
			list = []subject{{userSubject, string(actor.User())}}
		}
		if users := slices.DeleteFunc(slices.Clone(list), func(s subject) bool { return s.kind != userSubject }); len(users) > 0 {
			list, ofUsers = users, true
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
		case RoleReplaced:
			if ofUsers {
				return true
			}
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

	resourceSubject = "resource "
	roleSubject     = "role"
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
	if on, ok := resourceOf(v); ok {
		add(resourceSubject+on.Type, on.ID)
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
		case []Command:
			for _, c := range value {
				list = append(list, subjectsOf(c)...)
			}
		case seat.PoolName:
			add(poolSubject, string(value))
		case usher.Ref:
			add(resourceSubject+value.Type, value.ID)
		case role.Name:
			add(roleSubject, string(value))
		case string:
			if kind := textSubjects[of.Type().Field(i).Name]; kind != "" {
				add(kind, value)
			}
		}
	}
	return list
}

// resourceOf returns the resource that a change names.
func resourceOf(v any) (on usher.Ref, ok bool) {
	switch c := v.(type) {
	case RoleOnGiven:
		return usher.Ref{Type: c.Type, ID: c.ID}, true
	case RoleOnTaken:
		return usher.Ref{Type: c.Type, ID: c.ID}, true
	case ResourceForgotten:
		return usher.Ref{Type: c.Type, ID: c.ID}, true
	}
	return usher.Ref{}, false
}
