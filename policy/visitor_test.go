package policy_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
)

var (
	viewPage = permission.MustParse("page.view")
	editPage = permission.MustParse("page.edit")
	bookPage = permission.MustParse("page.book")
)

const visitorPolicy = `
usher: 1
seats: {desk: {}}
features: [beta]
settings: {open: false}
conditions:
  public: {attribute: public}
  open:   {setting: open}
  mfa:    {context: mfa}
  seated: {seat: desk}
  beta:   {feature: beta}
roles:
  owner:  {unique: true, hands-over-to: member}
  member: {default: true, requires: [mfa]}
resources:
  page:
    parties: {host: users, blocked: users}
    fields:  {details: [title, place]}
    permissions:
      view: {member: own, visitor: [any if public hiding details, any if open]}
      book: {visitor: [any if public, any if seated, any if beta]}
      edit: {member: any}
      read: {visitor: any}
  account: {permissions: {transfer: {visitor: any}}}
  user:    {permissions: {edit-sign-in: {visitor: any}, delete: {visitor: any}}}
bundles:
  look:  [page.view, page.book]
  touch: [page.view, page.edit]
never:
  page.book: own as blocked
`

func visitorWorld() *world {
	return &world{users: map[usher.UserID]*policy.User{
		"olga": {Status: usher.Active, Role: "owner"},
		"mia":  {Status: usher.Active, Role: "member"},
		"ian":  {Status: usher.Inactive, Role: "member"},
		"ivo":  {Status: usher.Invited, Role: "member"},
		"gone": {Status: usher.Active, Role: "pilot"},
	}}
}

func publicPage(public bool, blocked ...string) *usher.Object {
	return &usher.Object{
		Type: "page", Parties: map[string][]string{"host": {"olga"}, "blocked": blocked}, Attributes: map[string]bool{"public": public},
	}
}

func loadVisitors(t testing.TB) *policy.Policy {
	t.Helper()
	p, err := policyfile.Load("visitors.yaml", []byte(visitorPolicy))
	require.NoError(t, err)
	return p
}

// "A request without a subject must be marked as a visitor's. Without the mark it is denied": in
// every call that takes a request.
func TestUnmarkedRequests(t *testing.T) {
	p, w := loadVisitors(t), visitorWorld()
	w.users[""] = &policy.User{Status: usher.Active, Role: "owner"} // an entry for the empty id
	on := publicPage(true)
	r := usher.Request{Permission: viewPage, Resource: on, Time: noon}
	d, err := p.Decide(w, &r)
	require.NoError(t, err)
	assert.Equal(t, usher.ReasonUnknownUser, d.Reason())
	for _, name := range []string{"look", "page.read"} {
		d, err := p.Decide(w, &usher.Request{Permission: mustPermission(t, p, name), Time: noon})
		require.NoError(t, err)
		assert.Equal(t, usher.ReasonUnknownUser, d.Reason(), name)
	}
	actions, err := p.Actions(w, &r)
	require.NoError(t, err)
	assert.Empty(t, actions)
	x, err := p.Explain(w, &r)
	require.NoError(t, err)
	assert.False(t, x.Decision.Allowed())
	assert.Empty(t, x.Remedies)
	rules, err := p.Matching(w, &r)
	require.NoError(t, err)
	assert.Empty(t, rules)
	for _, name := range []permission.Permission{viewPage, mustPermission(t, p, "look"), mustPermission(t, p, "page.read")} {
		f, err := p.Filter(w, &usher.Request{Permission: name, Time: noon})
		require.NoError(t, err)
		assert.True(t, f.None())
		selected, err := f.Match(on)
		require.NoError(t, err)
		assert.False(t, selected)
	}
	s, err := p.Summary(w, "", noon)
	require.NoError(t, err)
	assert.Empty(t, s)
	for who, err := range p.WhoMay(listing{w}, &r, "") {
		require.False(t, err == nil && who.ID == "" && !who.Visitor, "the entry for the empty id")
	}

	r.Visitor = true
	d, err = p.Decide(w, &r)
	require.NoError(t, err)
	assert.True(t, d.Allowed(), "with the mark")
	assert.Equal(t, []string{"place", "title"}, d.Hidden())
	assert.Equal(t, usher.SourceVisitor, d.Detail().Rule.Source)
	assert.Equal(t, "allowed by `visitor: any if public hiding details` of page.view (visitors.yaml:20), with place and title hidden", d.String())
}

// "Both together are an error", in every call that takes a request.
func TestVisitorWithSubject(t *testing.T) {
	p, w := loadVisitors(t), visitorWorld()
	r := usher.Request{Subject: "mia", Visitor: true, Permission: viewPage, Resource: publicPage(true), Time: noon}
	_, err := p.Decide(w, &r)
	assert.ErrorIs(t, err, usher.ErrVisitor)
	_, err = p.Actions(w, &r)
	assert.ErrorIs(t, err, usher.ErrVisitor)
	_, err = p.Explain(w, &r)
	assert.ErrorIs(t, err, usher.ErrVisitor)
	_, err = p.Matching(w, &r)
	assert.ErrorIs(t, err, usher.ErrVisitor)
	bundle := r
	bundle.Permission = mustPermission(t, p, "look")
	_, err = p.Decide(w, &bundle)
	assert.ErrorIs(t, err, usher.ErrVisitor)
	r.Resource = nil
	_, err = p.Filter(w, &r)
	assert.ErrorIs(t, err, usher.ErrVisitor)
}

// A visitor gets what the cells of visitors state, and what never and the built-in protections
// leave of it.
func TestVisitorsGetNoMore(t *testing.T) {
	p, w := loadVisitors(t), visitorWorld()
	decide := func(r usher.Request) string {
		r.Time = noon
		d, err := p.Decide(w, &r)
		if err != nil {
			return err.Error()
		}
		return d.Reason().String()
	}
	user := func(ids ...string) usher.Resource {
		return &usher.Object{Type: "user", Parties: map[string][]string{"user": ids}}
	}
	for _, row := range []struct {
		of   string
		r    usher.Request
		want string
	}{
		{"a visitor, not public", usher.Request{Visitor: true, Permission: viewPage, Resource: publicPage(false)}, "unknown-user"},
		{"a visitor, unknown", usher.Request{Visitor: true, Permission: viewPage, Resource: &usher.Object{Type: "page"}}, "unknown-user"},
		{"a visitor, without a cell", usher.Request{Visitor: true, Permission: editPage, Resource: publicPage(true)}, "unknown-user"},
		{"a stranger", usher.Request{Subject: "zoe", Permission: viewPage, Resource: publicPage(true)}, "granted"},
		{"an inactive user", usher.Request{Subject: "ian", Permission: viewPage, Resource: publicPage(true)}, "granted"},
		{"an inactive user's role", usher.Request{Subject: "ian", Permission: editPage, Resource: publicPage(true)}, "inactive"},
		{"an invited user", usher.Request{Subject: "ivo", Permission: viewPage, Resource: publicPage(false)}, "inactive"},
		{"a member, whose role requires mfa", usher.Request{Subject: "mia", Permission: viewPage, Resource: publicPage(true)}, "granted"},
		{"a member, not public", usher.Request{Subject: "mia", Permission: viewPage, Resource: publicPage(false)}, "condition-unmet"},
		{"a user whose role the policy lacks", usher.Request{Subject: "gone", Permission: viewPage, Resource: publicPage(true)}, `check gone page.view on page: role of the user "pilot": not declared by the policy`},
		{"a blocked stranger", usher.Request{Subject: "zoe", Permission: bookPage, Resource: publicPage(true, "zoe")}, "forbidden"},
		{"another stranger", usher.Request{Subject: "ann", Permission: bookPage, Resource: publicPage(true, "zoe")}, "granted"},
		{"a visitor is no empty id", usher.Request{Visitor: true, Permission: bookPage, Resource: publicPage(true, "")}, "granted"},
		{"a blocked stranger, not public", usher.Request{Subject: "zoe", Permission: bookPage, Resource: publicPage(false, "zoe")}, "unknown-user"},
		{"a bundle", usher.Request{Visitor: true, Permission: mustPermission(t, p, "look"), Resource: publicPage(true)}, "granted"},
		{"a bundle with more", usher.Request{Visitor: true, Permission: mustPermission(t, p, "touch"), Resource: publicPage(true)}, "unknown-user"},
		{"ownership", usher.Request{Visitor: true, Permission: permission.MustParse("account.transfer")}, "forbidden"},
		{"the owner's login", usher.Request{Visitor: true, Permission: permission.MustParse("user.edit-sign-in"), Resource: user("olga")}, "forbidden"},
		{"the owner", usher.Request{Subject: "zoe", Permission: permission.MustParse("user.delete"), Resource: user("olga")}, "forbidden"},
	} {
		assert.Equal(t, row.want, decide(row.r), row.of)
	}
}

// The request of a visitor can be allowed by other facts. There is no remedy that needs a user, such
// as a seat or a role.
func TestRemediesOfVisitors(t *testing.T) {
	p, w := loadVisitors(t), visitorWorld()
	remedies := func(r usher.Request) (texts []string) {
		r.Time = noon
		x, err := p.Explain(w, &r)
		require.NoError(t, err)
		for _, remedy := range x.Remedies {
			texts = append(texts, remedy.Text)
		}
		return texts
	}
	assert.Equal(t, []string{"a page with public true", "the setting open on"},
		remedies(usher.Request{Visitor: true, Permission: viewPage, Resource: publicPage(false)}))
	assert.Equal(t, []string{"a page with public true"},
		remedies(usher.Request{Visitor: true, Permission: bookPage, Resource: publicPage(false)}))
	assert.Contains(t, remedies(usher.Request{Subject: "zoe", Permission: bookPage, Resource: publicPage(false)}), "a page with public true")
	assert.Empty(t, remedies(usher.Request{Visitor: true, Permission: permission.MustParse("account.transfer")}))
	assert.Empty(t, remedies(usher.Request{Visitor: true, Permission: editPage, Resource: publicPage(true)}))
	x, err := p.Explain(w, &usher.Request{Visitor: true, Permission: editPage, Resource: publicPage(true), Time: noon})
	require.NoError(t, err)
	assert.Equal(t, "a visitor may not page.edit: denied (unknown-user): not a user of this account", x.Sentence)
}

// WhoMay names visitors first, then also users that are not active.
func TestWhoMayOfVisitors(t *testing.T) {
	p, w := loadVisitors(t), visitorWorld()
	delete(w.users, "gone")
	who := func(r usher.Request, after usher.UserID) (list []string) {
		r.Time = noon
		for s, err := range p.WhoMay(listing{w}, &r, after) {
			require.NoError(t, err)
			if s.Visitor {
				assert.Empty(t, s.ID)
				list = append(list, "(visitors)")
				continue
			}
			list = append(list, string(s.ID))
		}
		return list
	}
	public := usher.Request{Permission: viewPage, Resource: publicPage(true)}
	assert.Equal(t, []string{"(visitors)", "ian", "ivo", "mia", "olga"}, who(public, ""))
	assert.Equal(t, []string{"mia", "olga"}, who(public, "ivo"), "of the next page")
	public.Subject, public.Visitor = "", true
	assert.Equal(t, []string{"(visitors)", "ian", "ivo", "mia", "olga"}, who(public, ""), "the mark is ignored")
	assert.Empty(t, who(usher.Request{Permission: viewPage, Resource: publicPage(false)}, ""))
	assert.Equal(t, []string{"mia"}, who(usher.Request{Permission: editPage, Resource: publicPage(true), Context: usher.Context{"mfa": true}}, ""))
	assert.Empty(t, who(usher.Request{Permission: mustPermission(t, p, "touch"), Resource: publicPage(true)}, ""))

	assert.True(t, p.Visitors(viewPage))
	assert.True(t, p.Visitors(mustPermission(t, p, "look")))
	assert.False(t, p.Visitors(editPage))
	assert.False(t, p.Visitors(mustPermission(t, p, "touch")))
	assert.False(t, p.Visitors(permission.MustParse("page.none")))
	assert.False(t, (*policy.Policy)(nil).Visitors(viewPage))
}

// A summary, a matrix and a difference have the rules of visitors. Nobody gains or loses them with
// an account.
func TestVisitorsInTables(t *testing.T) {
	p, w := loadVisitors(t), visitorWorld()
	s, err := p.Summary(w, "zoe", noon)
	require.NoError(t, err)
	assert.Contains(t, holdings(s.Entitlements), "page.view: any if open [visitor visitor]")
	assert.NotContains(t, strings.Join(holdings(s.Entitlements), "\n"), "member")
	assert.Equal(t, []string{"page.book: own as blocked [never ]"}, holdings(s.Never))
	s, err = p.Summary(w, "mia", noon)
	require.NoError(t, err)
	assert.Contains(t, holdings(s.Entitlements), "page.view: any if open [visitor visitor]", "without what the role requires")

	for _, res := range p.Matrix().Resources {
		for _, row := range res.Rows {
			assert.Len(t, row.VisitorRules, len(row.Visitor))
			if row.Permission == bookPage {
				assert.Equal(t, []string{"any if beta", "any if public", "any if seated"}, row.Visitor)
			}
		}
	}

	joined := visitorWorld()
	joined.users["zoe"] = &policy.User{Status: usher.Active, Role: "member"}
	gains, loses, err := p.Difference(w, joined, "zoe", noon)
	require.NoError(t, err)
	assert.Equal(t, []string{"page.view: own if mfa [role member]", "page.edit: any if mfa [role member]"}, holdings(gains))
	assert.Empty(t, loses)
	joined.users["zoe"].Grants = []policy.Grant{{Name: "beta"}}
	gains, _, err = p.Difference(w, joined, "zoe", noon)
	require.NoError(t, err)
	assert.Contains(t, holdings(gains), "page.book: any if beta [visitor visitor]")
	joined.users["zoe"] = &policy.User{Status: usher.Inactive, Role: "member"}
	gains, loses, err = p.Difference(w, joined, "zoe", noon)
	require.NoError(t, err)
	assert.Empty(t, gains)
	assert.Empty(t, loses)
}

// What visitors may do is neither given nor taken, and an actor may give what visitors may do.
func TestCeilingOfVisitors(t *testing.T) {
	p, err := policyfile.Load("open.yaml", []byte(`
usher: 1
features: [beta]
conditions: {public: {attribute: public}, beta: {feature: beta}}
roles:
  owner:  {unique: true, hands-over-to: member}
  reader: {}
  tester: {}
  member: {default: true}
resources:
  page:
    permissions:
      view: {reader: any if public, visitor: any if public}
      book: {visitor: any if beta}
      edit: {tester: any}
`))
	require.NoError(t, err)
	c, err := p.Ceiling(&policy.User{Status: usher.Active, Role: "member"}, &policy.Account{}, nil, noon)
	require.NoError(t, err)
	given := func(before, after *policy.User) string {
		u, ok, err := c.Gives(before, after)
		require.NoError(t, err)
		return uncoveredText(u, ok)
	}
	assert.Empty(t, given(nil, &policy.User{Role: "reader"}), "visitors may do it")
	assert.Empty(t, given(nil, &policy.User{Role: "member"}))
	assert.Equal(t, "page.edit: any [role tester]", given(nil, &policy.User{Role: "tester"}))
	beta := []policy.Grant{{Name: "beta"}}
	assert.Equal(t, "page.book: any if beta [visitor visitor]", given(nil, &policy.User{Role: "member", Grants: beta}), "the feature opens a rule of visitors")
	takes, err := c.Takes(&policy.User{Role: "member"}, nil)
	require.NoError(t, err)
	assert.False(t, takes, "a removed user is still a visitor")
	takes, err = c.Takes(&policy.User{Role: "member", Grants: beta}, nil)
	require.NoError(t, err)
	assert.True(t, takes)
	_, outranks, err := c.Outranks(&policy.User{Role: "reader", Grants: beta})
	require.NoError(t, err)
	assert.False(t, outranks)
}

// The example of visitors in FORMAT.md does what its text states.
func TestFormatVisitors(t *testing.T) {
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(section(t, formatPage(t), "Visitors"))
	require.NotNil(t, block)
	p, err := policyfile.Load("FORMAT.md", []byte(block[1]))
	require.NoError(t, err)
	w := &world{users: map[usher.UserID]*policy.User{"mia": {Status: usher.Active, Role: "member"}}}
	decide := func(subject usher.UserID, visitor bool, action string, public bool) string {
		d, err := p.Decide(w, &usher.Request{
			Subject: subject, Visitor: visitor, Permission: mustPermission(t, p, "calendar."+action), Time: noon,
			Resource: &usher.Object{Type: "calendar", Parties: map[string][]string{"blocked": {"eve"}}, Attributes: map[string]bool{"public": public}},
		})
		require.NoError(t, err)
		return d.Reason().String() + " " + strings.Join(d.Hidden(), " ")
	}
	assert.Equal(t, "granted guests title", decide("", true, "view", true))
	assert.Equal(t, "unknown-user ", decide("", true, "view", false))
	assert.Equal(t, "granted ", decide("mia", false, "view", false))
	assert.Equal(t, "granted ", decide("zoe", false, "book", true))
	assert.Equal(t, "forbidden ", decide("eve", false, "book", true))
	assert.Equal(t, "unknown-user ", decide("", false, "book", true))
}

// A check of a visitor allocates nothing, like every other.
func TestVisitorsAllocateNothing(t *testing.T) {
	p, w := loadVisitors(t), visitorWorld()
	on := publicPage(true, "eve")
	for _, r := range []usher.Request{
		{Visitor: true, Permission: bookPage, Resource: on, Time: noon},
		{Subject: "zoe", Permission: bookPage, Resource: on, Time: noon},
		{Subject: "ian", Permission: viewPage, Resource: on, Time: noon},
		{Subject: "mia", Permission: viewPage, Resource: on, Time: noon},
	} {
		d, err := p.Decide(w, &r)
		require.NoError(t, err)
		require.True(t, d.Allowed())
		assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = p.Decide(w, &r) }))
	}
}

func mustPermission(t testing.TB, p *policy.Policy, name string) permission.Permission {
	t.Helper()
	q, err := p.Permission(name)
	require.NoError(t, err)
	return q
}
