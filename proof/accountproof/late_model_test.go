package accountproof_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher/account"
)

// The late model is an account in which what users have depends on the hour: roles that begin and end, roles on
// calendars, invitations with an end, requests, and roles that the account defines. It knows no schedule: each fact has
// a value at each hour. Only the owner and admins may do anything for others, and they may do everything; so what a
// role gives is a set of permissions.

// never is the end of what has none.
const never = 1 << 30

// lateOwner holds the unique role, and has all permissions at all hours.
const lateOwner = "ann"

const latePolicy = `
usher: 1
roles:
  owner:  {unique: true, includes: [admin], hands-over-to: admin}
  admin:  {}
  member: {default: true}
  viewer: {held-on: calendar}
custom-roles: {like: member, at-most: 2}
resources:
  calendar: {parties: {host: users}, permissions: {view: {admin: any, viewer: here}, share: {admin: any}}}
  page:
    permissions:
      read: {admin: any, custom: any}
      edit: {admin: any, custom: any}
  user:    {permissions: {create: {admin: any}, delete: {admin: any}, set-role: {admin: any}}}
  role:    {permissions: {define: {admin: any}}}
  request: {permissions: {make: {everyone: own}, decline: {admin: any}}}
`

// spell is the value of a fact at each hour; later than the last one, the value stays.
type spell []string

func always(value string, hours int) spell { return slices.Repeat(spell{value}, hours) }

// with gives the fact a value from one hour up to another one. "The user falls back to the role that the user would
// have without the command, or to the default role if that is the same": until the next other value. It returns
// false if the value cannot end.
func (s spell) with(value, byDefault string, from, until int) (spell, bool) {
	next := slices.Clone(s)
	for i := from; i < min(until, len(s)); i++ {
		next[i] = value
	}
	if until >= len(s) || s[until] != value {
		return next, true
	}
	other, end := byDefault, len(s)
	for i := until; i < len(s); i++ {
		if s[i] != value {
			other, end = s[i], i
			break
		}
	}
	for i := until; i < end; i++ {
		next[i] = other
	}
	return next, other != value
}

// lateRequest is an open request.
type lateRequest struct {
	by      string
	command account.Command
	until   int
}

type lateModel struct {
	hours, now int
	roles      map[string]spell // the account role of each user
	views      map[string]spell // whether each user is a viewer of each calendar, by "cat c1"
	invited    map[string]int   // the end of each invitation
	requests   map[int]lateRequest
	last       int
	defined    map[string][]string // the permissions that each defined role gives, sorted
}

func newLateModel(hours int) *lateModel {
	return &lateModel{hours: hours, roles: map[string]spell{lateOwner: always("owner", hours)}, views: map[string]spell{}, invited: map[string]int{}, requests: map[int]lateRequest{}, defined: map[string][]string{}}
}

func (m *lateModel) clone() *lateModel {
	c := *m
	c.roles, c.views, c.invited = maps.Clone(m.roles), maps.Clone(m.views), maps.Clone(m.invited)
	c.requests, c.defined = maps.Clone(m.requests), maps.Clone(m.defined)
	return &c
}

// key is all of the state on which later answers depend.
func (m *lateModel) key() string {
	var b strings.Builder
	fmt.Fprint(&b, m.now, m.last, m.defined, m.requests, m.invited)
	for _, facts := range []map[string]spell{m.roles, m.views} {
		for _, of := range slices.Sorted(maps.Keys(facts)) {
			fmt.Fprint(&b, of, facts[of][min(m.now, m.hours-1):])
		}
	}
	return b.String()
}

// at returns the account at an hour. "At the end, an invitation that is not accepted is revoked."
func (m *lateModel) at(hour int) *lateModel {
	c := m.clone()
	c.now = max(hour, m.now)
	maps.DeleteFunc(c.invited, func(_ string, end int) bool { return end <= c.now })
	return c
}

var lateAll = []string{"page.edit", "page.read"}

// has returns the permissions that a role gives.
func (m *lateModel) has(role string) []string {
	switch role {
	case "owner", "admin":
		return append([]string{"admin", "view"}, lateAll...)
	}
	return m.defined[role]
}

func (m *lateModel) isAdmin(user string, hour int) bool {
	of, ok := m.roles[user]
	return ok && (of[hour] == "admin" || of[hour] == "owner")
}

// gives reports whether a user has something afterwards that the actor does not have: now, and at the hour at which the
// user has it.
func (m *lateModel) gives(actor string, after *lateModel, before, with spell) bool {
	for t := m.now; t < m.hours; t++ {
		had := []string(nil)
		if before != nil {
			had = m.has(before[t])
		}
		for _, p := range after.has(with[t]) {
			if !slices.Contains(had, p) && (!slices.Contains(m.has(m.roles[actor][m.now]), p) || !slices.Contains(m.has(m.roles[actor][t]), p)) {
				return true
			}
		}
	}
	return false
}

// do runs a command of a user, or of the host for "", and returns the account afterwards and the expected code.
func (m *lateModel) do(actor string, c account.Command) (after *lateModel, code account.Code) {
	after = m.clone()
	if actor != "" && m.roles[actor] == nil {
		return after, account.CodeDenied
	}
	admin := actor == "" || m.isAdmin(actor, m.now)
	switch c := c.(type) {
	case account.SetRole:
		return after, m.setRole(after, actor, admin, c)
	case account.GiveRoleOn:
		return after, m.giveRoleOn(after, actor, admin, c)
	case account.TakeRoleOn:
		if !admin {
			return after, account.CodeDenied
		}
		if m.roles[string(c.User)] == nil {
			return after, account.CodeUnknownUser
		}
		of := string(c.User) + " " + c.On.ID
		if s, ok := m.views[of]; ok { // "unset-role-beside, unset-team-role, take-role-on and revoke-grant" remove what is scheduled, too
			after.views[of], _ = s.with("", "", m.now, m.hours)
		}
	case account.Invite, account.ResendInvitation, account.RevokeInvitation, account.AcceptInvitation, account.RemoveUser:
		return after, m.invitation(after, actor, admin, c)
	case account.Request, account.Approve, account.Decline, account.Withdraw:
		return m.request(after, actor, admin, c)
	default:
		return after, m.define(after, actor, admin, c)
	}
	return after, 0
}

func (m *lateModel) declares(name string) bool {
	_, ok := m.defined[name]
	return ok || name == "admin" || name == "member"
}

func (m *lateModel) setRole(after *lateModel, actor string, admin bool, c account.SetRole) account.Code {
	user, name := string(c.User), string(c.Role)
	before, known := m.roles[user]
	from, until := m.term(c.From, c.Until)
	switch {
	case !admin:
		return account.CodeDenied
	case !known:
		return account.CodeUnknownUser
	case !m.declares(name):
		return account.CodeUnknownRole
	case from < 0:
		return account.CodeInvalid
	}
	with, ends := before.with(name, "member", from, until)
	if !ends {
		return account.CodeInvalid
	}
	if actor != "" && m.gives(actor, m, before, with) {
		return account.CodeEscalation
	}
	after.roles[user] = with
	return 0
}

// term returns the hours of a term. From is negative if one of them is not after the other, or not after now.
func (m *lateModel) term(from, until time.Time) (first, end int) {
	first, end = m.now, never
	if !from.IsZero() {
		if first = hourOf(from); first <= m.now {
			return -1, 0
		}
	}
	if !until.IsZero() {
		if end = hourOf(until); end <= first {
			return -1, 0
		}
	}
	return first, end
}

func hourOf(t time.Time) int { return int(t.Sub(noon) / time.Hour) }

func (m *lateModel) giveRoleOn(after *lateModel, actor string, admin bool, c account.GiveRoleOn) account.Code {
	of := string(c.User) + " " + c.On.ID
	before, held := m.views[of]
	if !held {
		before = always("", m.hours)
	}
	from, until := m.term(c.From, c.Until)
	switch {
	case !admin:
		return account.CodeDenied
	case m.roles[string(c.User)] == nil:
		return account.CodeUnknownUser
	case from < 0:
		return account.CodeInvalid
	}
	with, _ := before.with("viewer", "", from, until)
	if same := slices.Equal(before[m.now:], with[m.now:]); same && before[m.now] == "viewer" && until == never {
		return 0
	}
	// All of the term counts as given, also what was given before.
	own := m.views[actor+" "+c.On.ID]
	for t := from; t < min(until, m.hours); t++ {
		if actor != "" && !m.isAdmin(actor, t) && (own == nil || own[t] != "viewer") {
			return account.CodeEscalation
		}
	}
	after.views[of] = with
	return 0
}

func (m *lateModel) invitation(after *lateModel, actor string, admin bool, c account.Command) account.Code {
	if accept, ok := c.(account.AcceptInvitation); ok {
		end, open := m.invited[string(accept.Key)]
		switch {
		case actor != "":
			return account.CodeDenied
		case !open || end <= m.now:
			return account.CodeUnknownUser
		}
		delete(after.invited, string(accept.Key))
		if m.roles[string(accept.User)] == nil { // otherwise the user keeps the role
			after.roles[string(accept.User)] = always("member", m.hours)
		}
		return 0
	}
	if !admin {
		return account.CodeDenied
	}
	switch c := c.(type) {
	case account.Invite:
		_, end := m.term(time.Time{}, c.Until)
		is, open := m.invited[string(c.Key)]
		switch {
		case end == 0:
			return account.CodeInvalid
		case open && is != end:
			return account.CodeExists
		}
		after.invited[string(c.Key)] = end
	case account.ResendInvitation:
		_, end := m.term(time.Time{}, c.Until)
		is, open := m.invited[string(c.User)]
		switch {
		case !open:
			return account.CodeUnknownUser
		case end == 0 || end != is && (is == never || end < is):
			return account.CodeInvalid
		}
		after.invited[string(c.User)] = end
	case account.RevokeInvitation:
		if _, open := m.invited[string(c.User)]; !open {
			return account.CodeUnknownUser
		}
		delete(after.invited, string(c.User))
	case account.RemoveUser:
		if m.roles[string(c.User)] == nil {
			return account.CodeUnknownUser
		}
		delete(after.roles, string(c.User))
		maps.DeleteFunc(after.views, func(of string, _ spell) bool { return strings.HasPrefix(of, string(c.User)+" ") })
	}
	return 0
}

func (m *lateModel) request(after *lateModel, actor string, admin bool, c account.Command) (*lateModel, account.Code) {
	open := func(id account.RequestID) bool { r, ok := m.requests[int(id)]; return ok && m.now < r.until }
	switch c := c.(type) {
	case account.Request:
		_, until := m.term(time.Time{}, c.Until)
		if until == 0 {
			return after, account.CodeInvalid
		}
		made := lateRequest{actor, c.Commands[0], until}
		for _, r := range m.requests {
			if r == made {
				return after, 0
			}
		}
		maps.DeleteFunc(after.requests, func(_ int, r lateRequest) bool { return r.until <= m.now })
		after.last++
		after.requests[after.last] = made
	case account.Approve:
		if !open(c.Request) {
			return after, account.CodeUnknownRequest
		}
		r := m.requests[int(c.Request)]
		if r.by == actor {
			return after, account.CodeDenied
		}
		delete(after.requests, int(c.Request))
		return after.do(actor, r.command)
	case account.Decline:
		switch {
		case !admin:
			return after, account.CodeDenied
		case !open(c.Request):
			return after, account.CodeUnknownRequest
		}
		delete(after.requests, int(c.Request))
	case account.Withdraw:
		switch r, exists := m.requests[int(c.Request)]; {
		case exists && r.by != actor:
			return after, account.CodeDenied
		case !open(c.Request):
			return after, account.CodeUnknownRequest
		}
		delete(after.requests, int(c.Request))
	}
	return after, 0
}

func (m *lateModel) define(after *lateModel, actor string, admin bool, c account.Command) account.Code {
	var name string
	var gives []string
	if !admin {
		return account.CodeDenied
	}
	switch c := c.(type) {
	case account.DefineRole:
		name, gives = string(c.Role), slices.Sorted(maps.Keys(c.Gives))
		if _, ok := m.defined[name]; ok {
			return account.CodeExists
		}
		if len(m.defined) == 2 {
			return account.CodeTooManyCustomRoles
		}
	case account.ChangeRole:
		name, gives = string(c.Role), slices.Sorted(maps.Keys(c.Gives))
		if _, ok := m.defined[name]; !ok {
			return account.CodeUnknownRole
		}
	case account.DeleteRole:
		return m.deleteRole(after, actor, c)
	}
	for _, p := range gives { // for all later holders, at each hour
		for t := m.now; t < m.hours; t++ {
			if actor != "" && !slices.Contains(m.defined[name], p) && !slices.Contains(m.has(m.roles[actor][t]), p) {
				return account.CodeEscalation
			}
		}
	}
	after.defined[name] = gives
	return 0
}

func (m *lateModel) deleteRole(after *lateModel, actor string, c account.DeleteRole) account.Code {
	name, by := string(c.Role), string(c.ReplaceBy)
	_, ok := m.defined[name]
	switch {
	case !ok:
		return account.CodeUnknownRole
	case by != "" && !m.declares(by):
		return account.CodeUnknownRole
	case by == name:
		return account.CodeInvalid
	}
	for _, user := range slices.Sorted(maps.Keys(m.roles)) {
		if of := m.roles[user]; of[m.now] == name {
			if by == "" {
				return account.CodeRoleInUse
			}
			with := of[:m.now:m.now]
			for range m.hours - m.now {
				with = append(with, by)
			}
			if actor != "" && m.gives(actor, m, of, with) {
				return account.CodeEscalation
			}
			after.roles[user] = with
		}
	}
	for _, of := range after.roles {
		if slices.Contains(of[m.now:], name) {
			return account.CodeRoleInUse
		}
	}
	delete(after.defined, name)
	return 0
}
