package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/seat"
)

const modelPolicy = `
usher: 1
seats: {booking: {}}
features: [chatbots]
settings: {open: false}
conditions:
  mfa:      {context: mfa}
  link:     {attribute: link}
  open:     {setting: open}
  teamed:   {party: team}
  chatbots: {feature: chatbots}
  seated:   {seat: booking}
roles:
  boss:    {unique: true, includes: [admin], hands-over-to: admin}
  admin:   {all: true, requires: [mfa]}
  member:  {default: true}
  careful: {includes: [member], requires: [mfa]}
  manager: {held-on: team, includes: [lead]}
  lead:    {held-on: team, requires: [seated]}
  coach:   {held-on: team, outside: true}
bundles:
  both: [calendar.view, page.view]
  all:  [page.read, both]
resources:
  calendar:
    parties: {host: users, guest: users, team: teams}
    fields:  {details: [title, place], contact: [phone, place]}
    permissions:
      view:   {member: [any hiding details and contact, own hiding contact, any if mfa hiding details], everyone: shared}
      edit:   {member: sole, manager: team, coach: team, careful: sole as host}
      move:   {member: team, lead: shared as team}
      open:   {everyone: [any if open, any if link, any if not link and mfa]}
      plan:   {member: own if not teamed and chatbots}
  page:
    fields: {notes: [note]}
    permissions:
      view:   {everyone: any hiding notes}
      read:   {everyone: any}
      share:  {careful: any hiding notes, visitor: [any if link hiding notes, any if open and not seated]}
  user:
    permissions:
      delete: {member: any}
      view:   {member: any}
      edit-sign-in: {member: any, everyone: own as user}
  account: {permissions: {transfer: {everyone: any}}}
never:
  calendar.move: any if link
  page.share: any if chatbots
  user.view: own as user
`

// TestModel compares the model and the policy with hand-written rows.
func TestModel(t *testing.T) {
	put := func(memberships ...[]policy.Membership) (all []policy.Membership) {
		for _, m := range memberships {
			all = append(all, m...)
		}
		return all
	}
	noon := midnight.Add(12 * time.Hour)
	booking := []seat.PoolName{"booking"}
	w := &world{
		users: map[usher.UserID]*policy.User{
			"ada": {Status: usher.Active, Role: "boss"},
			"bob": {Status: usher.Active, Role: "admin", Grants: []policy.Grant{{Name: "page.view"}}},
			"mia": {Status: usher.Active, Role: "member", Teams: put(in("sales"), in("ops")), Seats: booking},
			"max": {Status: usher.Active, Role: "member", Teams: put(in("sales", "manager"), in("ops")), Seats: booking},
			"liz": {Status: usher.Active, Role: "member", Teams: put(in("sales", "lead"))},
			"una": {Status: usher.Active, Role: "member", Outside: put(in("sales", "coach"), in("ops", "manager"))},
			"eve": {Status: usher.Active, Role: "member", Teams: in("emea")},
			"cam": {Status: usher.Active, Role: "careful", Grants: []policy.Grant{{Name: "chatbots"}}},
			"gus": {Status: usher.Active, Role: "member", Grants: []policy.Grant{
				{Name: "calendar.edit", Until: noon}, {Name: "both", Until: noon.Add(1)}, {Name: "audit.view"}, {Name: "gone"}, {Name: "chatbots"},
			}},
			"ian": {Status: usher.Inactive, Role: "member"},
		},
		teams: map[usher.TeamID]usher.TeamID{"all": "", "sales": "all", "emea": "sales", "ops": "all"},
	}
	rows := []struct{ who, perm, on, with, want string }{
		{"zoe", "page.read", "page", "", "unknown-user"},
		{"ian", "page.read", "page", "", "inactive"},
		{"mia", "audit.view", "", "", "no-permission"},
		{"gus", "audit.view", "", "", "granted"}, // by a grant of a standard permission

		{"mia", "calendar.edit", "calendar host=mia guest=mia", "", "granted"},
		{"mia", "calendar.edit", "calendar host=mia guest=max", "", "out-of-scope"}, // not the only party
		{"mia", "calendar.edit", "calendar host=mia team=sales", "", "out-of-scope"},
		{"mia", "calendar.edit", "calendar", "", "out-of-scope"}, // an empty list does not match
		{"mia", "calendar.edit", "", "", "out-of-scope"},
		{"cam", "calendar.edit", "calendar host=cam guest=max", "mfa=true", "granted"}, // the only host
		{"gus", "calendar.edit", "calendar", "", "out-of-scope"},                       // the grant has ended
		{"gus", "calendar.view", "calendar", "", "granted"},                            // by a bundle, for one more instant

		{"max", "calendar.edit", "calendar host=mia host=eve team=emea", "", "granted"},          // his team, and below
		{"max", "calendar.edit", "calendar host=mia team=ops", "", "out-of-scope"},               // he is not a manager there
		{"max", "calendar.edit", "calendar host=mia team=all", "", "out-of-scope"},               // the team above
		{"max", "calendar.edit", "calendar host=mia host=zoe", "", "out-of-scope"},               // an unknown user is in no team
		{"max", "calendar.edit", "calendar host=mia ?guest", "", "out-of-scope"},                 // unless all parties are known
		{"max", "calendar.move", "calendar team=ops team=emea", "link=false", "granted"},         // as a member, put in both
		{"max", "calendar.move", "calendar team=emea team=all", "link=false", "granted"},         // as lead, which manager includes
		{"liz", "calendar.move", "calendar team=emea host=zoe", "link=false", "condition-unmet"}, // a lead needs a seat

		{"una", "calendar.edit", "calendar host=mia team=emea", "", "granted"},                   // outside the team, and below
		{"una", "calendar.edit", "calendar team=ops", "", "out-of-scope"},                        // only members are managers
		{"una", "calendar.move", "calendar team=sales", "link=false", "out-of-scope"},            // she is not a member
		{"una", "calendar.view", "calendar team=sales", "", "granted, hiding phone place title"}, // not shared with her

		{"mia", "calendar.move", "calendar host=mia", "link=true", "forbidden"},
		{"mia", "calendar.move", "calendar host=mia", "", "forbidden"}, // the attribute is unknown
		{"mia", "calendar.move", "", "", "forbidden"},
		{"mia", "calendar.move", "calendar host=mia", "link=false", "granted"},
		{"mia", "user.view", "user user=mia", "", "forbidden"},
		{"mia", "user.view", "user ?user", "", "forbidden"}, // it may be mia
		{"mia", "user.view", "user ?team", "", "granted"},   // the scope does not look at it
		{"mia", "user.view", "", "", "granted"},             // no user there

		{"mia", "user.delete", "user user=max", "", "granted"},
		{"mia", "user.delete", "user user=max user=ada", "", "forbidden"},
		{"mia", "user.delete", "user ?user", "", "forbidden"},
		{"mia", "user.edit-sign-in", "user user=max", "", "granted"},
		{"mia", "user.edit-sign-in", "user user=max user=ada", "", "forbidden"},
		{"mia", "user.edit-sign-in", "user ?user", "", "forbidden"}, // it may be the boss
		{"mia", "user.edit-sign-in", "", "", "granted"},             // no user there
		{"bob", "user.edit-sign-in", "user user=ada", "mfa=true", "forbidden"},
		{"ada", "user.edit-sign-in", "user user=ada", "", "granted"}, // her own request
		{"ada", "user.edit-sign-in", "user user=mia", "", "condition-unmet"},
		{"ada", "user.edit-sign-in", "user user=mia", "mfa=true", "granted"},
		{"ada", "user.edit-sign-in", "user ?user", "mfa=true", "granted"},
		{"mia", "account.transfer", "account", "", "forbidden"},
		{"ada", "account.transfer", "account", "", "granted"}, // by everyone: boss itself requires nothing
		{"ada", "account.delete", "account", "", "condition-unmet"},
		{"ada", "account.delete", "account", "mfa=true", "granted"}, // by all of admin, which requires mfa

		{"bob", "page.read", "page", "", "condition-unmet"}, // what he requires holds for everyone's rules too
		{"bob", "page.view", "page", "mfa=false", "condition-unmet"},
		{"bob", "page.view", "page", "mfa=true", "granted"},
		{"cam", "calendar.plan", "calendar host=cam", "", "condition-unmet"},
		{"cam", "calendar.plan", "calendar host=cam", "mfa=true", "granted"},
		{"cam", "calendar.plan", "calendar host=cam team=ops", "mfa=true", "condition-unmet"},
		{"gus", "calendar.plan", "calendar host=gus", "", "granted"},
		{"mia", "calendar.plan", "calendar host=gus", "", "out-of-scope"},

		{"mia", "calendar.open", "calendar", "", "condition-unmet"}, // link is not known: neither it nor its opposite
		{"mia", "calendar.open", "calendar", "mfa=true", "condition-unmet"},
		{"mia", "calendar.open", "calendar", "mfa=true link=false", "granted"},
		{"mia", "calendar.open", "", "mfa=true", "condition-unmet"},

		{"mia", "calendar.view", "calendar", "", "granted, hiding phone place title"},
		{"mia", "calendar.view", "calendar", "mfa=true", "granted, hiding place title"},
		{"mia", "calendar.view", "calendar team=all", "mfa=true", "granted, hiding place"}, // what all rules hide
		{"mia", "calendar.view", "calendar team=all host=max", "mfa=true", "granted"},
		{"mia", "both", "calendar team=all", "", "granted, hiding note phone place"},
		{"mia", "all", "page", "", "granted, hiding note phone place title"}, // asked for calendar.view without it
		{"zoe", "all", "page", "", "unknown-user"},

		{"zoe", "page.share", "page", "link=true", "granted, hiding note"},
		{"zoe", "page.share", "page", "link=false", "unknown-user"},
		{"zoe", "page.share", "page", "", "unknown-user"}, // link is not known
		{"ian", "page.share", "page", "link=true", "granted, hiding note"},
		{"ian", "page.share", "page", "link=false", "inactive"},
		{"visitor", "page.share", "page", "link=true", "granted, hiding note"},
		{"visitor", "page.share", "", "", "unknown-user"},
		{"visitor", "page.read", "page", "", "unknown-user"},
		{"", "page.share", "page", "link=true", "unknown-user"}, // not marked
		{"both", "page.share", "page", "link=true", "error: a visitor has no subject"},
		{"mia", "page.share", "page", "link=true", "granted, hiding note"},
		{"mia", "page.share", "page", "link=false", "condition-unmet"},
		{"cam", "page.share", "page", "link=true mfa=true", "forbidden"},   // cam has chatbots
		{"bob", "page.share", "page", "link=true", "granted, hiding note"}, // what he requires does not hold for visitors' rules

		{"mia", "page.gone", "page", "", "error: unknown permission"},
		{"mia", "both", "user", "", "error: wrong type of resource"},
		{"mia", "page.read", "calendar", "", "error: wrong type of resource"},
		{"mia", "page.read", "page gone=mia", "", "error: not declared by the policy"},
		{"mia", "page.read", "page", "gone=true", "error: not declared by the policy"},
	}
	doc, err := policyfile.Parse("model.yaml", []byte(modelPolicy))
	require.NoError(t, err)
	compiled, err := policy.Compile(doc)
	require.NoError(t, err)
	r := &round{doc: doc, types: resources(doc), compiled: compiled, reordered: compiled}
	for _, row := range rows {
		q := usher.Request{Subject: usher.UserID(row.who), Time: noon}
		switch row.who {
		case "visitor":
			q.Subject, q.Visitor = "", true
		case "both":
			q.Subject, q.Visitor = "mia", true
		}
		require.NoError(t, q.Permission.UnmarshalText([]byte(row.perm)))
		q.Resource, q.Context = parseThing(row.on, row.with)
		got := ""
		if v, err := (model{doc, r.types, w}).decide(q); err != nil {
			got = "error: " + strings.Split(err.Error(), "\n")[0]
		} else {
			got = v.reason.String()
			if len(v.hidden) > 0 {
				got += ", hiding " + strings.Join(v.hidden, " ")
			}
		}
		if got != row.want {
			t.Errorf("%s %s on %q with %q: the model says %s, want %s", row.who, row.perm, row.on, row.with, got, row.want)
		}
		if wrong := r.compareAll(w, q); wrong != nil {
			t.Errorf("%s %s on %q with %q: %s", row.who, row.perm, row.on, row.with, wrong.text)
		}
	}
}

// parseThing parses "calendar host=mia ?team": a resource with the party host and an unknown
// team; nil for "". In with, link is an attribute, and all others are facts of the request.
func parseThing(on, with string) (usher.Resource, usher.Context) {
	typ, parties, _ := strings.Cut(on, " ")
	o := &usher.Object{Type: typ, Parties: map[string][]string{}, Attributes: map[string]bool{}}
	var silent []string
	for _, word := range strings.Fields(parties) {
		if party, ok := strings.CutPrefix(word, "?"); ok {
			silent = append(silent, party)
			continue
		}
		party, id, _ := strings.Cut(word, "=")
		o.Parties[party] = append(o.Parties[party], id)
	}
	facts := usher.Context{}
	for _, word := range strings.Fields(with) {
		name, value, _ := strings.Cut(word, "=")
		if name == "link" {
			o.Attributes[name] = value == "true"
		} else {
			facts[name] = value == "true"
		}
	}
	switch {
	case on == "":
		return nil, facts
	case silent != nil:
		return &thing{ref: o.Ref(), parties: o.Parties, attributes: o.Attributes, silent: silent}, facts
	default:
		return o, facts
	}
}

// "A role that the policy lacks" is an error, and so is an account role on a team, or a team role as
// the account role: the host's tables and the policy differ, and a decision would hide it.
func TestUndeclaredRoles(t *testing.T) {
	p, err := policyfile.Load("model.yaml", []byte(modelPolicy))
	require.NoError(t, err)
	for _, row := range []struct {
		name string
		user policy.User
	}{
		{"no account role", policy.User{}},
		{"an unknown account role", policy.User{Role: "pilot"}},
		{"a team role for an account role", policy.User{Role: "manager"}},
		{"everyone for an account role", policy.User{Role: "everyone"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.user.Status = usher.Active
			w := &world{users: map[usher.UserID]*policy.User{"mia": &row.user}}
			d, err := p.Decide(w, &usher.Request{Subject: "mia", Permission: permission.MustParse("page.read"), Time: midnight})
			require.ErrorIs(t, err, usher.ErrUndeclared, "Decide = %v", d)
		})
	}
}
