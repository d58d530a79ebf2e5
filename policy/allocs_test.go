package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// allWords is a policy with every word of the format that a policy may lack.
const allWords = `
usher: 1
seats: {desk: {holds: [requested, invited, active]}}
features: [ban]
settings:
  paid: {default: true, set-by: host}
  open: {default: true, asks: event.run}
conditions:
  paid:        {setting: paid}
  open:        {setting: open}
  ban:         {feature: ban}
  seated:      {seat: desk}
  mfa:         {context: mfa}
  public:      {attribute: public}
  hosted:      {party: host}
  gives-clerk: {gives: clerk}
  of-clerk:    {party: host, has: clerk}
  of-reader:   {party: host, has: reader}
roles:
  chief:   {at-least: 1, includes: [member, billing]}
  clerk:   {requires: [mfa]}
  member:  {default: true}
  guest:   {team-roles: none, grants: none, seat: none}
  billing: {beside: true, includes: [reader]}
  reader:  {beside: true}
  lead:    {held-on: team, outside: true, at-most: 3, seats: {desk: optional}}
  root:    {beside: true, all: true}
  sharer:  {held-on: event}
  keeper:  {held-on: folder}
bundles:
  writes: [event.write, event.burn]
resources:
  folder: {in: folder, parties: {host: users, keeper: users, team: teams}}
  event:
    in: folder
    parties: {host: users, guest: users, editor: [users, teams], team: teams}
    fields:  {details: [title]}
    permissions:
      "*":     {reader: any}
      run:     {chief: any}
      pay:     {billing: any}
      list:    {clerk: any, keeper: here or above}
      lead:    {lead: team as team}
      coach:   {lead: team as team and not own as host}
      edit:    {member: own as editor}
      join:    {member: shared as editor}
      sign:    {member: shared as team and own as host}
      approve: {member: any and not own as host}
      read:    {member: own or above as host or keeper}
      open:    {lead: team or above as team}
      purge:   {member: own as host and not own or above as keeper}
      hire:    {member: any if gives-clerk}
      tend:    {member: any if of-clerk}
      teach:   {member: any if not of-reader}
      see:     {visitor: any if public hiding details}
      save:    {member: [any if paid]}
      post:    {member: any if open and hosted}
      sit:     {member: any if seated}
      peek:    {guest: sole, everyone: any if mfa}
      write:   {member: any}
      burn:    {member: any}
      drop:    {member: any}
      show:    {sharer: here and not own as host}
never:
  writes:     any if ban
  event.burn: own as host and not own as guest
  event.drop: own or above as keeper
`

// TestWordsAllocateNothing makes, for each word of the format, a check that a rule with the word
// decides. It allocates nothing.
func TestWordsAllocateNothing(t *testing.T) {
	doc, err := policyfile.Parse("words.yaml", []byte(allWords))
	require.NoError(t, err)
	for _, word := range words {
		assert.True(t, word.in(doc), "the policy lacks: %s", word.name)
	}
	p, err := policy.Compile(doc)
	require.NoError(t, err)
	user := func(r role.Name, change func(*policy.User)) *policy.User {
		u := &policy.User{Status: usher.Active, Role: r}
		if change != nil {
			change(u)
		}
		return u
	}
	w := &world{
		teams: map[usher.TeamID]usher.TeamID{"sales": "", "emea": "sales", "ops": ""},
		users: map[usher.UserID]*policy.User{
			"chris": user("chief", nil),
			"clara": user("clerk", nil),
			"mia":   user("member", func(u *policy.User) { u.Teams = in("emea") }),
			"bill":  user("member", func(u *policy.User) { u.Beside = []role.Name{"billing"} }),
			"rita":  user("member", func(u *policy.User) { u.Beside = []role.Name{"reader"} }),
			"ruth":  user("guest", func(u *policy.User) { u.Beside = []role.Name{"root"} }),
			"otto":  user("guest", func(u *policy.User) { u.Outside = in("sales", "lead") }),
			"lea":   user("member", func(u *policy.User) { u.Teams, u.Seats = in("sales", "lead"), []seat.PoolName{"desk"} }),
			"ben":   user("member", func(u *policy.User) { u.Grants = []policy.Grant{{Name: "ban"}} }),
			"gus":   user("guest", nil),
			"sam":   user("guest", nil),
			"ron":   user("member", func(u *policy.User) { u.Status = usher.Requested }),
		},
	}
	w.held = map[usher.Ref]map[string][]role.Name{
		{Type: "event", ID: "e1"}:  {"user sam": {"sharer"}, "team sales": {"sharer"}},
		{Type: "folder", ID: "f1"}: {"user sam": {"keeper"}},
	}
	event := func(parties map[string][]string, in usher.Resource) *usher.Object {
		return &usher.Object{Type: "event", Parties: parties, In: in}
	}
	host := func(id string) map[string][]string { return map[string][]string{"host": {id}} }
	folder := func(party, id string, in usher.Resource) *usher.Object {
		return &usher.Object{Type: "folder", Parties: map[string][]string{party: {id}}, In: in}
	}
	public := &usher.Object{Type: "event", Attributes: map[string]bool{"public": true}}
	editors := &usher.Object{Type: "event", Parties: map[string][]string{"editor": {"max"}}, Teams: map[string][]string{"editor": {"sales"}}}
	for _, row := range []struct {
		word, user, can string
		on              usher.Resource
		gives           string
		want            usher.Reason
		by              usher.Source
		rule            string
	}{
		{"no unique role", "chris", "run", event(nil, nil), "", usher.ReasonGranted, usher.SourceRole, "any"},
		{"a role beside", "bill", "pay", event(nil, nil), "", usher.ReasonGranted, usher.SourceBeside, "any"},
		{"a role beside that an account role includes", "chris", "pay", event(nil, nil), "", usher.ReasonGranted, usher.SourceBeside, "any"},
		{"a role beside with all", "ruth", "run", event(nil, nil), "", usher.ReasonGranted, usher.SourceBeside, "all"},
		{"the wildcard", "rita", "run", event(nil, nil), "", usher.ReasonGranted, usher.SourceBeside, "any"},
		{"the wildcard, by a role that includes it", "bill", "list", event(nil, nil), "", usher.ReasonGranted, usher.SourceBeside, "any"},
		{"a role outside the team", "otto", "lead", event(map[string][]string{"team": {"emea"}}, nil), "", usher.ReasonGranted, usher.SourceTeamRole, "team as team"},
		{"a role outside the team that does not reach", "otto", "lead", event(map[string][]string{"team": {"ops"}}, nil), "", usher.ReasonOutOfScope, usher.SourceTeamRole, "team as team"},
		{"a role outside the team, joined", "otto", "coach", event(map[string][]string{"team": {"emea"}, "host": {"mia"}}, nil), "", usher.ReasonGranted, usher.SourceTeamRole, "team as team and not own as host"},
		{"a party of users and teams", "mia", "edit", editors, "", usher.ReasonGranted, usher.SourceRole, "own as editor"},
		{"a party of users and teams, shared", "lea", "join", editors, "", usher.ReasonGranted, usher.SourceRole, "shared as editor"},
		{"joined scopes", "lea", "sign", event(map[string][]string{"team": {"emea"}, "host": {"lea"}}, nil), "", usher.ReasonGranted, usher.SourceRole, "shared as team and own as host"},
		{"a scope with not", "mia", "approve", event(host("max"), nil), "", usher.ReasonGranted, usher.SourceRole, "any and not own as host"},
		{"a scope with not that matches", "mia", "approve", event(host("mia"), nil), "", usher.ReasonOutOfScope, usher.SourceRole, "any and not own as host"},
		{"or above", "mia", "read", event(host("max"), folder("host", "max", folder("keeper", "mia", nil))), "", usher.ReasonGranted, usher.SourceRole, "own or above as host or keeper"},
		{"or above, of a team role", "otto", "open", event(nil, folder("team", "emea", nil)), "", usher.ReasonGranted, usher.SourceTeamRole, "team or above as team"},
		{"not or above", "mia", "purge", event(host("mia"), folder("keeper", "max", nil)), "", usher.ReasonGranted, usher.SourceRole, "own as host and not own or above as keeper"},
		{"here", "sam", "show", &usher.Object{Type: "event", ID: "e1"}, "", usher.ReasonGranted, usher.SourceResourceRole, "here and not own as host"},
		{"here, through a team above", "mia", "show", &usher.Object{Type: "event", ID: "e1"}, "", usher.ReasonGranted, usher.SourceResourceRole, "here and not own as host"},
		{"here, on another resource", "sam", "show", &usher.Object{Type: "event", ID: "e2"}, "", usher.ReasonNoPermission, 0, ""},
		{"here or above", "sam", "list", event(nil, folder("host", "max", &usher.Object{Type: "folder", ID: "f1"})), "", usher.ReasonGranted, usher.SourceResourceRole, "here or above"},
		{"gives", "mia", "hire", event(nil, nil), "clerk", usher.ReasonGranted, usher.SourceRole, "any if gives-clerk"},
		{"has", "mia", "tend", event(host("clara"), nil), "", usher.ReasonGranted, usher.SourceRole, "any if of-clerk"},
		{"has, of a role beside", "mia", "teach", event(host("max"), nil), "", usher.ReasonGranted, usher.SourceRole, "any if not of-reader"},
		{"visitors: a user", "mia", "see", public, "", usher.ReasonGranted, usher.SourceVisitor, "any if public hiding details"},
		{"visitors: a user of another account", "stranger", "see", public, "", usher.ReasonGranted, usher.SourceVisitor, "any if public hiding details"},
		{"visitors: no login", "", "see", public, "", usher.ReasonGranted, usher.SourceVisitor, "any if public hiding details"},
		{"visitors: a user who asks to join", "ron", "see", public, "", usher.ReasonGranted, usher.SourceVisitor, "any if public hiding details"},
		{"a setting that only the host changes", "mia", "save", event(nil, nil), "", usher.ReasonGranted, usher.SourceRole, "any if paid"},
		{"a setting that asks", "mia", "post", event(host("max"), nil), "", usher.ReasonGranted, usher.SourceRole, "any if open and hosted"},
		{"a seat of a team role", "lea", "sit", event(nil, nil), "", usher.ReasonGranted, usher.SourceRole, "any if seated"},
		{"a role without team roles or grants", "gus", "peek", event(host("gus"), nil), "", usher.ReasonGranted, usher.SourceRole, "sole"},
		{"never about a bundle", "ben", "write", event(nil, nil), "", usher.ReasonForbidden, usher.SourceNever, "any if ban"},
		{"never with joined scopes", "mia", "burn", event(host("mia"), nil), "", usher.ReasonForbidden, usher.SourceNever, "own as host and not own as guest"},
		{"never with or above", "mia", "drop", event(nil, folder("keeper", "mia", nil)), "", usher.ReasonForbidden, usher.SourceNever, "own or above as keeper"},
		{"the status requested", "ron", "run", event(nil, nil), "", usher.ReasonInactive, 0, ""},
	} {
		t.Run(row.word, func(t *testing.T) {
			r := usher.Request{
				Account: "acme", Subject: usher.UserID(row.user), Visitor: row.user == "", Permission: permission.MustParse("event." + row.can),
				Resource: row.on, Gives: row.gives, Time: noon,
			}
			d, err := p.Decide(w, &r)
			require.NoError(t, err)
			detail := d.Detail()
			assert.Equal(t, row.want, d.Reason())
			assert.Equal(t, row.by, detail.Rule.Source)
			assert.Equal(t, row.rule, detail.Rule.Text)
			assert.Zero(t, testing.AllocsPerRun(100, func() {
				d, err := p.Decide(w, &r)
				if err != nil {
					t.Fatal(err)
				}
				sink = d.Allowed()
			}))

			a, err := p.Bind(w, "acme", nil).AsRequest(&r)
			require.NoError(t, err)
			assert.Zero(t, testing.AllocsPerRun(100, func() {
				d, err := a.Check(r.Permission, r.Resource)
				if err != nil {
					t.Fatal(err)
				}
				sink = d.Allowed()
			}), "on an Asker")

			every := r
			every.Resource = nil
			f, err := p.Filter(w, &every)
			require.NoError(t, err)
			assert.Zero(t, testing.AllocsPerRun(100, func() {
				selected, err := f.Match(row.on)
				if err != nil || selected != d.Allowed() {
					t.Fatal(selected, err)
				}
			}), "in a list")
		})
	}
}
