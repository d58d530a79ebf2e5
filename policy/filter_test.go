package policy_test

import (
	"errors"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

// office has tom, who manages the team of mia, and bea, who is the owner of the account.
func office() *world {
	return &world{
		users: map[usher.UserID]*policy.User{
			"bea": {Status: usher.Active, Role: "owner"},
			"ada": {Status: usher.Active, Role: "admin"},
			"tom": {Status: usher.Active, Role: "member", Teams: in("sales", "manager")},
			"mia": {Status: usher.Active, Role: "member", Teams: in("emea")},
			"ned": {Status: usher.Active, Role: "member"},
			"ina": {Status: usher.Inactive, Role: "admin"},
		},
		teams: map[usher.TeamID]usher.TeamID{"sales": "", "emea": "sales", "ops": ""},
	}
}

func every(subject usher.UserID, name string) *usher.Request {
	r := &usher.Request{Account: "acme", Subject: subject, Time: midnight}
	if err := r.Permission.UnmarshalText([]byte(name)); err != nil {
		panic(err)
	}
	return r
}

// tables of calendars and of users.
var (
	calendarTable = filter.Mapping{
		Type: "calendar", Account: filter.Column{Name: "c.account"},
		Parties: map[string]filter.Party{"host": filter.Column{Name: "c.host"}, "team": filter.Column{Name: "c.team"}},
	}
	userTable = filter.Mapping{
		Type: "user", Account: filter.Column{Name: "u.account"},
		Parties: map[string]filter.Party{"user": filter.Column{Name: "u.id"}, "team": filter.Column{Name: "u.team"}},
	}
)

// match matches a resource, and fails the test on an error.
func match(t *testing.T, f filter.Filter, r usher.Resource) bool {
	t.Helper()
	selected, err := f.Match(r)
	require.NoError(t, err)
	return selected
}

func compiled(t testing.TB, m filter.Mapping) *filter.Table {
	t.Helper()
	table, err := m.Compile(filter.PostgreSQL)
	require.NoError(t, err)
	return table
}

func TestFilter(t *testing.T) {
	p, w := onceHub(t), office()
	for _, row := range []struct {
		who       usher.UserID
		can       string
		none, all bool
		args      []any
	}{
		{"ada", "calendar.edit", false, true, []any{"acme"}},
		{"tom", "calendar.edit", false, false, []any{"acme", `{"mia","tom"}`, `{"emea","sales"}`}},
		{"ned", "calendar.edit", false, false, []any{"acme", "ned"}},
		{"mia", "calendar.view", false, false, []any{"acme", "mia", `{"emea","sales"}`}}, // she belongs to sales, too
		{"ned", "calendar.set-hosts", true, false, []any{"acme"}},
		{"ina", "calendar.edit", true, false, []any{"acme"}},
		{"nobody", "calendar.edit", true, false, []any{"acme"}},
		{"", "calendar.edit", true, false, []any{"acme"}},
	} {
		f, err := p.Filter(listing{w}, every(row.who, row.can))
		require.NoError(t, err)
		assert.Equal(t, []string{"calendar"}, f.Types())
		assert.Equal(t, usher.AccountID("acme"), f.Account())
		assert.Equal(t, row.none, f.None(), "%s %s", row.who, row.can)
		assert.Equal(t, row.all, f.All(), "%s %s", row.who, row.can)
		c, err := f.SQL(compiled(t, calendarTable), 1)
		require.NoError(t, err)
		assert.Equal(t, row.args, c.Args, "%s %s: %s", row.who, row.can, c.SQL)
	}
}

// stubborn facts fail in one place.
type stubborn struct {
	*world
	failing usher.UserID
	account bool
}

var errDirectory = errors.New("the directory is down")

func (s stubborn) User(id usher.UserID) (*policy.User, error) {
	if id == s.failing {
		return nil, errDirectory
	}
	return s.world.User(id)
}

func (s stubborn) Account() (*policy.Account, error) {
	if s.account {
		return nil, errDirectory
	}
	return s.world.Account()
}

func TestFilterErrors(t *testing.T) {
	p, w := onceHub(t), office()
	change := func(change func(*usher.Request)) *usher.Request {
		r := every("tom", "calendar.edit")
		change(r)
		return r
	}
	for _, row := range []struct {
		p     *policy.Policy
		facts policy.Facts
		r     *usher.Request
		want  error
	}{
		{nil, w, every("tom", "calendar.edit"), usher.ErrUnknownPermission},
		{&policy.Policy{}, w, every("tom", "calendar.edit"), usher.ErrUnknownPermission},
		{p, w, nil, usher.ErrUnknownPermission},
		{p, w, &usher.Request{}, usher.ErrUnknownPermission},
		{p, w, every("tom", "calendar.gone"), usher.ErrUnknownPermission},
		{p, w, change(func(r *usher.Request) { r.Resource = &usher.Object{Type: "calendar"} }), usher.ErrWrongResource},
		{p, w, change(func(r *usher.Request) { r.Time = time.Time{} }), usher.ErrNoTime},
		{p, w, change(func(r *usher.Request) { r.Time = midnight.AddDate(400, 0, 0) }), usher.ErrNoTime},
		{p, w, change(func(r *usher.Request) { r.Context = usher.Context{"gone": true} }), usher.ErrUndeclared},
		{p, stubborn{world: w, failing: "tom"}, every("tom", "calendar.edit"), errDirectory},
		{p, &world{users: map[usher.UserID]*policy.User{"tom": {Status: usher.Active, Role: "pilot"}}}, every("tom", "calendar.edit"), usher.ErrUndeclared},
	} {
		f, err := row.p.Filter(row.facts, row.r)
		var asRequest *usher.RequestError
		if assert.ErrorIs(t, err, row.want, "%v", row.r) && assert.ErrorAs(t, err, &asRequest) {
			assert.Equal(t, "filter", asRequest.Op)
		}
		assert.True(t, f.None())
	}
	_, err := p.Filter(nil, every("tom", "calendar.edit"))
	assert.Error(t, err)

	f, err := p.Filter(stubborn{world: w, account: true}, every("tom", "calendar.edit"))
	require.NoError(t, err, "the facts of the account are read when they are needed")
	_, err = f.Match(&usher.Object{Type: "calendar", Parties: map[string][]string{"team": {"emea"}}})
	assert.ErrorIs(t, err, errDirectory)
	_, err = f.SQL(compiled(t, calendarTable), 1)
	assert.ErrorIs(t, err, errDirectory)
	assert.False(t, f.None(), "callers skip the query if the filter selects nothing, and would miss the error")
	assert.False(t, f.All())
	assert.Equal(t, p.Fields("calendar"), f.Fields())
}

// A filter does not select resources of a user that the facts fail to look up.
func TestFilterFailsClosed(t *testing.T) {
	f, err := onceHub(t).Filter(stubborn{world: office(), failing: "mia"}, every("tom", "calendar.edit"))
	require.NoError(t, err)
	hosted := func(ids ...string) usher.Resource {
		return &usher.Object{Type: "calendar", Parties: map[string][]string{"host": ids}}
	}
	fails := func(r usher.Resource) {
		selected, err := f.Match(r)
		assert.False(t, selected, "%v", r)
		var asRequest *usher.RequestError
		if assert.ErrorAs(t, err, &asRequest) {
			assert.Equal(t, "match", asRequest.Op)
			assert.Equal(t, r.Ref(), asRequest.Resource)
		}
		assert.ErrorIs(t, err, errDirectory)
	}
	assert.True(t, match(t, f, hosted("tom")))
	fails(hosted("mia"))
	fails(hosted("tom", "mia"))

	f, err = onceHub(t).Filter(stubborn{world: office(), failing: "mia"}, every("ada", "user.delete"))
	require.NoError(t, err)
	user := func(id string) usher.Resource {
		return &usher.Object{Type: "user", Parties: map[string][]string{"user": {id}}}
	}
	assert.True(t, match(t, f, user("ned")))
	assert.False(t, match(t, f, user("bea")), "she owns the account")
	fails(user("mia")) // the facts cannot rule out that she is the owner
}

// indexed finds the members of teams, and counts the calls.
type indexed struct {
	*world
	asked *int
	err   error
}

func (x indexed) UsersIn(teams []usher.TeamID) iter.Seq2[usher.UserID, error] {
	*x.asked++
	return func(yield func(usher.UserID, error) bool) {
		for id, u := range x.users {
			for _, m := range u.Teams {
				if slices.Contains(teams, m.Team) && !yield(id, nil) {
					return
				}
			}
		}
		if x.err != nil {
			yield("", x.err)
		}
	}
}

// knowsOwner returns an owner of the account, possibly a wrong one.
type knowsOwner struct {
	listing
	owner usher.UserID
}

func (o knowsOwner) Owner() usher.UserID { return o.owner }

// brokenList fails after the first user.
type brokenList struct{ *world }

func (b brokenList) UsersAfter(usher.UserID) iter.Seq2[policy.Listed, error] {
	return func(yield func(policy.Listed, error) bool) {
		if yield(policy.Listed{ID: "ada", User: b.users["ada"]}, nil) {
			yield(policy.Listed{}, errDirectory)
		}
	}
}

// Users are listed only for SQL, and only if a condition names some.
func TestFilterListsLate(t *testing.T) {
	p, w := onceHub(t), office()
	table, users := compiled(t, calendarTable), compiled(t, userTable)
	asked := 0
	facts := indexed{world: w, asked: &asked}

	f, err := p.Filter(facts, every("tom", "calendar.edit"))
	require.NoError(t, err)
	assert.True(t, match(t, f, &usher.Object{Type: "calendar", Parties: map[string][]string{"host": {"mia"}}}))
	assert.Zero(t, asked, "Match looks users up one by one")
	for range 2 {
		c, err := f.SQL(table, 1)
		require.NoError(t, err)
		assert.Equal(t, []any{"acme", `{"mia","tom"}`, `{"emea","sales"}`}, c.Args)
	}
	assert.Equal(t, 1, asked, "a filter keeps the list")

	f, err = p.Filter(w, every("ned", "calendar.edit"))
	require.NoError(t, err)
	_, err = f.SQL(table, 1)
	assert.NoError(t, err, "ned has no teams, so nobody needs a list")

	f, err = p.Filter(w, every("tom", "calendar.edit"))
	require.NoError(t, err)
	_, err = f.SQL(table, 1)
	require.ErrorIs(t, err, policy.ErrNoLister)
	assert.EqualError(t, err, "select calendar: the facts cannot list the users of teams; implement policy.TeamLister or policy.Lister")

	failing := facts
	failing.err = errDirectory
	for _, facts := range []policy.Facts{failing, brokenList{w}} {
		f, err = p.Filter(facts, every("tom", "calendar.edit"))
		require.NoError(t, err)
		for range 2 {
			_, err = f.SQL(table, 1)
			assert.ErrorIs(t, err, errDirectory)
		}
	}

	// The holder of the unique role is protected, regardless of the holder that the facts return.
	for _, facts := range []policy.Facts{listing{w}, knowsOwner{listing{w}, "bea"}, knowsOwner{listing{w}, "mia"}, knowsOwner{listing{w}, ""}} {
		f, err = p.Filter(facts, every("ada", "user.delete"))
		require.NoError(t, err)
		c, err := f.SQL(users, 1)
		require.NoError(t, err)
		assert.Regexp(t, `^\(\("u"\."account" = \$1::text AND .* AND \([^()]*\("u"\."id"\)[^()]* = \$2::text\) IS NOT TRUE\)$`, c.SQL)
		assert.Equal(t, []any{"acme", "bea"}, c.Args)
	}
	f, err = p.Filter(w, every("ada", "user.delete"))
	require.NoError(t, err)
	_, err = f.SQL(users, 1)
	assert.ErrorIs(t, err, policy.ErrNoLister)
}

// A filter is safe for concurrent use, also for its first list.
func TestFilterAtTheSameTime(t *testing.T) {
	f, err := onceHub(t).Filter(listing{office()}, every("tom", "calendar.edit"))
	require.NoError(t, err)
	table := compiled(t, calendarTable)
	var askers sync.WaitGroup
	for range 8 {
		askers.Go(func() {
			c, err := f.SQL(table, 1)
			assert.NoError(t, err)
			assert.Equal(t, []any{"acme", `{"mia","tom"}`, `{"emea","sales"}`}, c.Args)
			assert.True(t, match(t, f, &usher.Object{Type: "calendar", Parties: map[string][]string{"host": {"mia"}}}))
		})
	}
	askers.Wait()
}

func TestFilterMatchAllocatesNothing(t *testing.T) {
	f, err := onceHub(t).Filter(office(), every("tom", "calendar.edit"))
	require.NoError(t, err)
	mine := &usher.Object{Type: "calendar", Parties: map[string][]string{"host": {"mia"}, "team": {"emea"}}}
	other := &usher.Object{Type: "calendar", Parties: map[string][]string{"host": {"ned"}}}
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		yes, err := f.Match(mine)
		no, errOther := f.Match(other)
		if !yes || no || err != nil || errOther != nil {
			t.Error("the filter selects something else")
		}
	}))
}

func TestWhoMay(t *testing.T) {
	p, w := onceHub(t), office()
	r := every("", "calendar.edit")
	r.Resource = &usher.Object{Type: "calendar", ID: "c1", Parties: map[string][]string{"host": {"mia"}}}
	names := func(after usher.UserID) (ids []usher.UserID) {
		for s, err := range p.WhoMay(listing{w}, r, after) {
			require.NoError(t, err)
			assert.True(t, s.Decision.Allowed())
			ids = append(ids, s.ID)
		}
		return ids
	}
	assert.Equal(t, []usher.UserID{"ada", "bea", "mia", "tom"}, names(""))
	assert.Equal(t, []usher.UserID{"mia", "tom"}, names("bea"))
	assert.Equal(t, []usher.UserID{"mia", "tom"}, names("c"))
	assert.Empty(t, names("tom"))
	for s, err := range p.WhoMay(listing{w}, r, "") {
		assert.Equal(t, usher.UserID("ada"), s.ID)
		assert.NoError(t, err)
		break // it must not panic
	}
}

func TestWhoMayErrors(t *testing.T) {
	p, w := onceHub(t), office()
	unusable := office()
	unusable.users["max"] = &policy.User{Status: usher.Active, Role: "pilot"}
	var errNoList *usher.RequestError
	for _, row := range []struct {
		p     *policy.Policy
		facts policy.Facts
		r     *usher.Request
		ids   []usher.UserID // the yielded users, also those with an error
		want  any
	}{
		{nil, listing{w}, every("", "calendar.edit"), []usher.UserID{""}, usher.ErrUnknownPermission},
		{p, listing{w}, nil, []usher.UserID{""}, usher.ErrUnknownPermission},
		{p, listing{w}, &usher.Request{}, []usher.UserID{""}, usher.ErrUnknownPermission},
		{p, listing{w}, &usher.Request{Permission: permission.MustParse("calendar.edit")}, []usher.UserID{""}, usher.ErrNoTime},
		{p, w, every("", "calendar.edit"), []usher.UserID{""}, &errNoList},
		{p, nil, every("", "calendar.edit"), []usher.UserID{""}, &errNoList},
		{p, brokenList{w}, every("", "calendar.edit"), []usher.UserID{"ada", ""}, errDirectory},
		{p, listing{unusable}, every("", "calendar.edit"), []usher.UserID{"ada", "bea", "max"}, usher.ErrUndeclared},
	} {
		var ids []usher.UserID
		var failed error
		for s, err := range row.p.WhoMay(row.facts, row.r, "") {
			if err != nil {
				failed = err
				assert.False(t, s.Decision.Allowed())
			}
			ids = append(ids, s.ID)
		}
		assert.Equal(t, row.ids, ids, "%v", row.want)
		if want, ok := row.want.(error); ok {
			assert.ErrorIs(t, failed, want)
		} else {
			assert.ErrorAs(t, failed, row.want)
		}
	}
}
