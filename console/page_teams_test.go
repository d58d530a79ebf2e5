package console_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// accepts reports whether the engine accepts a command of a viewer now.
func (w *world) accepts(by viewer, command account.Command) bool {
	_, err := w.Preview(ctx, engine.Batch{Actor: account.AsUser(by.user), Account: "acme", Context: w.facts(by), Commands: []account.Command{command}})
	return err == nil
}

func teamAddress(id usher.TeamID, pairs ...string) string {
	query := url.Values{"id": {string(id)}}
	for i := 0; i < len(pairs); i += 2 {
		query.Set(pairs[i], pairs[i+1])
	}
	return "/team?" + query.Encode()
}

type teamsDocument struct {
	Data struct {
		Next  string
		Teams []struct {
			Team, Parent   usher.TeamID
			Below, Members int
			Holders        []struct {
				ID    usher.UserID
				Roles []string
			}
		}
	}
}

func (w *world) tree(by viewer, target string) (doc teamsDocument) {
	rec := w.send(by, "GET", target, "", "Accept", "application/json")
	require.Equal(w, http.StatusOK, rec.Code, body(rec))
	require.NoError(w, json.Unmarshal([]byte(body(rec)), &doc))
	return doc
}

func (d teamsDocument) ids() (ids []usher.TeamID) {
	for _, t := range d.Data.Teams {
		ids = append(ids, t.Team)
	}
	return ids
}

// Viewers who manage teams see all of them; others see their own and those below, and only
// these pages open.
func TestTeamsOfEachViewer(t *testing.T) {
	w := newWorld(t, "oncehub")
	all := w.teams()
	for by, want := range map[usher.UserID][]usher.TeamID{
		"olivia": {"sales", "emea", "support"}, "adam": {"sales", "emea", "support"}, "tom": {"sales", "emea"}, "mia": {"sales", "emea"}, "max": {"support"},
		"ian": nil, "eve": nil, "zoe": nil,
	} {
		v := viewer{user: by}
		if want == nil {
			assert.Equal(t, http.StatusForbidden, w.get(v, "/teams").Code, "%s", by)
		} else {
			assert.Equal(t, want, w.tree(v, "/teams").ids(), "%s", by)
		}
		for _, id := range all {
			assert.Equal(t, slices.Contains(want, id), w.get(v, teamAddress(id)).Code == http.StatusOK, "%s on the team %s", by, id)
		}
	}
	w.must(account.AddToTeam{Team: "emea", User: "mia"}, account.AddToTeam{Team: "sales", User: "ian"}, account.SetStatus{User: "mia", Status: usher.Inactive})
	for _, by := range []usher.UserID{"mia", "ian"} {
		assert.Equal(t, http.StatusForbidden, w.get(viewer{user: by}, "/teams").Code, "%s is not active", by)
	}
	w.must(account.SetStatus{User: "mia", Status: usher.Active})
	assert.Equal(t, []usher.TeamID{"sales", "emea"}, w.tree(mia, "/teams").ids(), "the lower of two own teams is listed once")
}

// Counts of members are for viewers who may see all users; the holders of team roles are those
// that the viewer may see.
func TestTeamsShowWhatTheViewerMaySee(t *testing.T) {
	w := newWorld(t, "oncehub")
	sales := w.tree(adam, "/teams").Data.Teams[0]
	assert.Equal(t, 2, sales.Members)
	assert.Equal(t, 1, sales.Below)
	assert.Equal(t, usher.UserID("tom"), sales.Holders[0].ID)
	assert.Equal(t, []string{"Team Manager"}, sales.Holders[0].Roles)
	own := w.tree(mia, "/teams").Data.Teams[0]
	assert.Zero(t, own.Members)
	assert.Empty(t, own.Holders, "mia may not see tom")
	page := body(w.get(mia, teamAddress("sales")))
	assert.Contains(t, page, "Name of mia")
	assert.NotContains(t, page, "tom")
	assert.Contains(t, body(w.get(adam, teamAddress("emea"))), `from the team <bdi>sales</bdi>`)
	assert.Contains(t, body(w.get(adam, "/teams")), `<details open><summary><bdi>1</bdi> team below`)
}

// The page of a team offers exactly the commands that the engine accepts, command by command.
func TestTeamOffersWhatTheEngineAccepts(t *testing.T) {
	eachViewer(t, func(t *testing.T, preset string, by viewer) {
		w := newWorld(t, preset)
		w.must(account.CreateTeam{Team: "extra"}, account.CreateTeam{Team: "below extra", Parent: "extra"})
		if len(w.visible(by)) > 0 {
			w.must(account.AddToTeam{Team: "extra", User: by.user})
		}
		for _, id := range w.teams() {
			rec := w.get(by, teamAddress(id, "find", "a", "give", "a"))
			if rec.Code != http.StatusOK {
				continue
			}
			var offers []string
			for _, o := range offeredBy(body(rec), fill) {
				o.values.Del("id")
				if o.path != "team/create" { // has no command for each value
					offers = append(offers, o.String())
				}
			}
			slices.Sort(offers)
			offers = slices.Compact(offers) // a user who has a role on the team from outside can also be found
			var accepted []string
			for form, command := range w.commandsOnTeam(by, id) {
				p, err := w.Preview(ctx, engine.Batch{Actor: account.AsUser(by.user), Account: "acme", Context: w.facts(by), Commands: []account.Command{command}})
				if err == nil && len(p.Changes) > 0 {
					accepted = append(accepted, form)
				}
			}
			slices.Sort(accepted)
			assert.Equal(t, accepted, offers, "%s", id)
			creates := strings.Contains(body(rec), `action="./team/create"`)
			assert.Equal(t, w.accepts(by, account.CreateTeam{Team: "another", Parent: id}), creates)
		}
	})
}

// commandsOnTeam returns every command on a team that the page could offer, by the form.
func (w *world) commandsOnTeam(by viewer, id usher.TeamID) map[string]account.Command {
	v, err := w.View(ctx, "acme")
	require.NoError(w, err)
	all := map[string]account.Command{"team/delete?": account.DeleteTeam{Team: id}, "team/move?parent=": account.MoveTeam{Team: id}}
	all["team/join?"], all["team/leave?"] = account.JoinTeam{Team: id}, account.LeaveTeam{Team: id}
	for t := range v.Teams("") {
		all["team/move?parent="+url.QueryEscape(string(t.ID))] = account.MoveTeam{Team: id, Parent: t.ID}
	}
	for _, user := range w.visible(by) {
		if strings.Contains(string(user), "a") {
			all["team/add?user="+string(user)] = account.AddToTeam{Team: id, User: user}
		}
		u, _ := v.User(user)
		_, in := u.InTeam(id)
		outside := len(u.RolesOutside(id)) > 0
		if !outside { // otherwise the page offers to take each role
			all["team/remove?user="+string(user)] = account.RemoveFromTeam{Team: id, User: user}
		}
		if !in && !outside && !strings.Contains(string(user), "a") {
			continue // not found
		}
		for _, r := range w.Policy().Roles() {
			all[fmt.Sprintf("team/set-role?role=%s&user=%s", r.Name, user)] = account.SetTeamRole{Team: id, User: user, Role: r.Name}
			all[fmt.Sprintf("team/unset-role?role=%s&user=%s", r.Name, user)] = account.UnsetTeamRole{Team: id, User: user, Role: r.Name}
		}
	}
	return all
}

// A move shows which roles reach the team no longer, or only then.
func TestMoveTeam(t *testing.T) {
	w := newWorld(t, "oncehub")
	w.must(account.CreateTeam{Team: "dach", Parent: "emea"}, account.SetTeamRole{Team: "support", User: "max", Role: "manager"})
	assert.Equal(t, http.StatusForbidden, w.post(tom, "/team/move", "id", "emea", "parent", "", "confirmed", "yes").Code)
	page := body(w.post(adam, "/team/move", "id", "emea", "parent", "support", "version", "2"))
	assert.Contains(t, page, "The team <bdi>emea</bdi> moves from <bdi>sales</bdi> to <bdi>support</bdi>")
	assert.Contains(t, page, "1 team below it moves along.")
	assert.Contains(t, page, "Name of max becomes Team Manager of the team emea")
	assert.Contains(t, page, "Name of tom is no longer Team Manager of the team emea")
	rec := w.post(adam, "/team/move", "id", "emea", "parent", "support", "version", "2", "confirmed", "yes", "back", "id=emea")
	assert.Equal(t, "../team?at=3&done=team%2Fmove&id=emea", rec.Header().Get("Location"))
	assert.Contains(t, body(w.get(adam, teamAddress("dach"))), "Name of max")

	page = body(w.post(adam, "/team/move", "id", "dach", "parent", "sales", "confirmed", ""))
	assert.NotContains(t, page, "moves along", "no team is below it")
	rec = w.post(adam, "/team/move", "id", "emea", "confirmed", "yes")
	assert.Equal(t, http.StatusUnprocessableEntity, rec.Code, "a form without a parent does not move the team to the top")
	rec = w.post(adam, "/team/move", "id", "support", "parent", "dach", "confirmed", "yes")
	assert.Equal(t, http.StatusUnprocessableEntity, rec.Code, "below itself: %s", problemText(body(rec)))
	rec = w.post(adam, "/team/move", "id", "emea", "parent", "", "version", "2", "confirmed", "yes")
	assert.Equal(t, http.StatusConflict, rec.Code)
	assert.Contains(t, problemText(body(rec)), "Changed by <bdi>Name of adam</bdi> meanwhile")
	assert.Contains(t, problemText(body(rec)), "moves from <bdi>sales</bdi> to <bdi>support</bdi>")
	assert.Equal(t, http.StatusNotFound, w.post(tom, "/team/move", "id", "emea", "parent", "", "confirmed", "yes").Code, "the team is no longer below tom's")
}

// The deletion of a team is confirmed by its name, and is disabled while teams are below.
func TestDeleteTeam(t *testing.T) {
	w := newWorld(t, "oncehub")
	page := body(w.get(adam, teamAddress("sales")))
	assert.Contains(t, page, `<button disabled>Delete the team</button> <span class="reason">The team has teams below it. Move or delete these first.</span>`)
	page = body(w.post(adam, "/team/delete", "id", "support"))
	assert.Contains(t, page, "Type <bdi>support</bdi> to confirm")
	assert.Contains(t, page, "Name of max</bdi></a> is removed from the team <bdi>support</bdi>")
	rec := w.post(adam, "/team/delete", "id", "support", "confirmed", "yes", "typed", "support", "back", "id=support")
	assert.Equal(t, "../teams?at=2&done=team%2Fdelete", rec.Header().Get("Location"))
	assert.NotContains(t, w.teams(), usher.TeamID("support"))
	page = body(w.get(adam, "/teams"))
	rec = w.post(adam, "/teams/create", "team", "support", "confirmed", "yes")
	assert.Equal(t, http.StatusConflict, rec.Code, "the id of a deleted team is not used again")
	assert.Contains(t, page, `action="./teams/create"`)
}

// A form of a team that another user deleted meanwhile shows who deleted it.
func TestConflictOfADeletedTeam(t *testing.T) {
	w := newWorld(t, "oncehub")
	_, err := w.Do(ctx, account.AsUser("olivia"), "acme", account.DeleteTeam{Team: "support"})
	require.NoError(t, err)
	rec := w.post(adam, "/team/move", "id", "support", "parent", "sales", "version", "1", "confirmed", "yes", "back", "id=support")
	assert.Equal(t, http.StatusConflict, rec.Code)
	assert.Contains(t, problemText(body(rec)), "Changed by <bdi>Name of olivia</bdi> meanwhile")
	assert.Contains(t, problemText(body(rec)), "The team <bdi>support</bdi> is deleted")
	assert.Equal(t, http.StatusNotFound, w.post(adam, "/team/move", "id", "support", "parent", "sales", "version", "2").Code)
}

// Members are added, removed, and get roles on the team.
func TestMembersOfATeam(t *testing.T) {
	w := newWorld(t, "oncehub")
	page := body(w.get(adam, teamAddress("emea", "find", "m")))
	assert.Contains(t, page, `value="max"`)
	assert.NotContains(t, body(w.get(tom, teamAddress("emea", "find", "m"))), `value="max"`)
	rec := w.post(adam, "/team/add", "id", "emea", "user", "max", "user", "mia", "confirmed", "yes", "back", "id=emea&find=m")
	assert.Equal(t, "../team?at=2&done=team%2Fadd&find=m&id=emea", rec.Header().Get("Location"))
	assert.Contains(t, body(w.get(adam, teamAddress("emea", "find", "m"))), "in the team</span>")
	for _, step := range []struct{ action, want string }{
		{"set-role", "emea manager"}, {"unset-role", "emea"}, {"remove", ""},
	} {
		rec = w.post(adam, "/team/"+step.action, "id", "emea", "user", "max", "role", "manager", "confirmed", "yes")
		require.Equal(t, http.StatusSeeOther, rec.Code, step.action)
		u, _ := w.member("max")
		roles, in := u.InTeam("emea")
		got := ""
		if in {
			got = "emea"
			for _, r := range roles {
				got += " " + string(r)
			}
		}
		assert.Equal(t, step.want, got, step.action)
	}
	rec = w.post(adam, "/team/create", "id", "emea", "team", " dach ", "confirmed", "yes")
	assert.Equal(t, http.StatusSeeOther, rec.Code)
	v, err := w.View(ctx, "acme")
	require.NoError(t, err)
	dach, _ := v.Team("dach")
	assert.Equal(t, usher.TeamID("emea"), dach.Parent)
}

// A large tree shows as many levels as fit, and the rest page by page.
func TestLargeTree(t *testing.T) {
	const top, below = 120, 80
	w := newWorld(t, "oncehub")
	seed := account.Seed{Teams: map[usher.TeamID]usher.TeamID{}, Users: map[usher.UserID]policy.User{
		"olivia": {Role: "owner", Status: usher.Active}, "adam": {Role: "admin", Status: usher.Active},
	}}
	for i := range top {
		parent := usher.TeamID(fmt.Sprintf("t%03d", i))
		seed.Teams[parent] = ""
		for j := range below {
			seed.Teams[usher.TeamID(fmt.Sprintf("t%03d/%02d", i, j))] = parent
		}
	}
	for i := range 120 {
		seed.Users[usher.UserID(fmt.Sprintf("u%03d", i))] = policy.User{Role: "member", Status: usher.Active, Teams: []policy.Membership{{Team: "t000/07"}}}
	}
	_, err := w.Do(ctx, account.AsHost("test"), "large", account.Import{Seed: seed})
	require.NoError(t, err)
	w.account = "large"

	first := w.tree(adam, "/teams")
	assert.Len(t, first.Data.Teams, 50+80, "of the first page, one level fits")
	assert.Equal(t, "t049", first.Data.Next)
	assert.Equal(t, 80, first.Data.Teams[0].Below)
	assert.Equal(t, usher.TeamID("t000"), first.Data.Teams[1].Parent)
	last := w.tree(adam, "/teams?after=t099")
	assert.Equal(t, usher.TeamID("t100"), last.ids()[0])
	assert.Empty(t, last.Data.Next)

	found := w.tree(adam, "/teams?q=0%2F07")
	assert.Equal(t, []usher.TeamID{"t000/07", "t010/07", "t020/07"}, found.ids()[:3])
	assert.Len(t, found.ids(), top/10)

	var team struct {
		Data struct {
			Next, NextBelow string
			Members         []struct{ ID string }
			Teams           []struct{ Team usher.TeamID }
			Move            struct {
				Options []struct{ Value string }
				More    bool
			}
		}
	}
	read := func(target string) {
		t.Helper()
		team.Data.Members, team.Data.Next, team.Data.NextBelow, team.Data.Move.Options = nil, "", "", nil
		rec := w.send(adam, "GET", target, "", "Accept", "application/json")
		require.NoError(t, json.Unmarshal([]byte(body(rec)), &team))
	}
	read(teamAddress("t000"))
	assert.Len(t, team.Data.Teams, 50)
	assert.Equal(t, "t000/49", team.Data.NextBelow)
	assert.Len(t, team.Data.Move.Options, 100)
	assert.True(t, team.Data.Move.More)
	read(teamAddress("t000", "below", "t000/49", "to", "T119"))
	assert.Len(t, team.Data.Teams, 30)
	assert.Len(t, team.Data.Move.Options, 81)
	assert.False(t, team.Data.Move.More)
	read(teamAddress("t000/07", "after", "u049"))
	assert.Equal(t, "u050", team.Data.Members[0].ID)
	assert.Equal(t, "u099", team.Data.Next)
}

// The deletion of a team with very many members is offered by permission alone, and its
// confirmation shows the first effects.
func TestTeamWithManyMembers(t *testing.T) {
	w := newWorld(t, "oncehub")
	seed := account.Seed{Teams: map[usher.TeamID]usher.TeamID{"all": "", "few": ""}, Users: map[usher.UserID]policy.User{
		"olivia": {Role: "owner", Status: usher.Active}, "adam": {Role: "admin", Status: usher.Active}, "tom": {Role: "member", Status: usher.Active, Teams: []policy.Membership{{Team: "all", Roles: []role.Name{"manager"}}}},
	}}
	for i := range 1500 {
		seed.Users[usher.UserID(fmt.Sprintf("u%04d", i))] = policy.User{Role: "member", Status: usher.Active, Teams: []policy.Membership{{Team: "all"}}}
	}
	_, err := w.Do(ctx, account.AsHost("test"), "large", account.Import{Seed: seed})
	require.NoError(t, err)
	w.account = "large"

	assert.Contains(t, body(w.get(adam, teamAddress("all"))), "<bdi>1501</bdi> members")
	assert.Contains(t, body(w.get(adam, teamAddress("all"))), `action="./team/delete"`)
	assert.NotContains(t, body(w.get(tom, teamAddress("all"))), `action="./team/delete"`)
	page := body(w.post(adam, "/team/delete", "id", "all"))
	assert.Contains(t, page, "Another <bdi>1303</bdi> changes.", "of 1501 users who leave, of one role, and of the team")
	assert.Contains(t, page, "Type <bdi>all</bdi> to confirm")
	assert.Equal(t, 200, strings.Count(page, "is removed from the team")+strings.Count(page, "is no longer"))
	rec := w.post(adam, "/team/delete", "id", "all", "confirmed", "yes", "typed", "all")
	assert.Equal(t, http.StatusSeeOther, rec.Code)
	assert.Equal(t, http.StatusNotFound, w.get(adam, teamAddress("all")).Code)
}

// Names of teams are any text.
func TestHostileTeams(t *testing.T) {
	w := newWorld(t, "oncehub")
	long := usher.TeamID(strings.Repeat("é", 512))
	names := []usher.TeamID{"<script>alert(1)</script>", "\u202ertl", `"onclick="x`, long, "a&b?c=d", "😀", ".."}
	for i, name := range names {
		parent := usher.TeamID("")
		if i > 0 {
			parent = names[i-1]
		}
		rec := w.post(adam, "/team/create", "id", string(parent), "team", string(name), "confirmed", "yes")
		if parent == "" {
			rec = w.post(adam, "/teams/create", "team", string(name), "confirmed", "yes")
		}
		require.Equal(t, http.StatusSeeOther, rec.Code, "%q: %s", name, problemText(body(rec)))
	}
	page := body(w.get(adam, "/teams"))
	assert.NotContains(t, page, "<script>")
	assert.NotContains(t, page, `"onclick="`)
	for _, name := range names {
		assert.Contains(t, page, `href="./team?`+url.Values{"id": {string(name)}}.Encode()+`"`)
		rec := w.get(adam, teamAddress(name))
		assert.Equal(t, http.StatusOK, rec.Code, "%q", name)
		assert.NotContains(t, body(rec), "<script>")
	}
}

// A read-only Console offers no search for users to add.
func TestTeamsReadOnly(t *testing.T) {
	w := newWorld(t, "oncehub", func(o *console.Options) { o.ReadOnly = true })
	page := body(w.get(adam, teamAddress("sales", "find", "a")))
	assert.NotContains(t, page, "<form method=\"post\"")
	assert.NotContains(t, page, `name="find"`)
}
