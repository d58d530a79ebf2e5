package console_test

import (
	_ "embed"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy/policyfile"
)

// agency is a policy with roles beside the account role, and with a role that users have on teams
// without being in them.
//
//go:embed testdata/agency.yaml
var agency []byte

var agencyAccount = []account.Command{
	account.CreateAccount{Owner: "olivia"},
	account.AddUser{User: "adam", Role: "admin"},
	account.CreateTeam{Team: "design"},
	account.CreateTeam{Team: "web", Parent: "design"},
	account.CreateTeam{Team: "print"},
	account.AddUser{User: "mia", Teams: []usher.TeamID{"design"}},
	account.SetTeamRole{Team: "design", User: "mia", Role: "deputy"},
	account.SetRoleBeside{User: "mia", Role: "billing"},
	account.AddUser{User: "max", Teams: []usher.TeamID{"web"}},
	account.AddUser{User: "lena", Teams: []usher.TeamID{"print"}},
	account.SetTeamRole{Team: "design", User: "lena", Role: "lead"},
	account.AddUser{User: "gus", Role: "guest"},
}

var lena = viewer{user: "lena"}

// The filter of users by a role finds those who have it in the account, beside that role, in a team,
// and outside it; the rows say how.
func TestPeopleByRolesOfEachKind(t *testing.T) {
	w := newWorld(t, "agency")
	for query, want := range map[string]string{
		"role=billing": "mia",
		"role=deputy":  "mia",
		"role=lead":    "lena",
		"role=member":  "lena max mia",
		"role=auditor": "",
		"team=design":  "max mia",
	} {
		ids, _ := w.people(adam, query)
		assert.Equal(t, want, join(ids), query)
	}
	for _, at := range []string{"/people", "/then?version=1"} {
		page := body(w.get(olivia, at))
		assert.Contains(t, page, `<td data-label="Role">Member, Billing</td>`, at)
		assert.Contains(t, page, `<td data-label="Teams"><bdi>print</bdi>, <bdi>design (Team lead, not in the team)</bdi></td>`, at)
	}
	type row struct {
		ID      usher.UserID
		Role    string
		Beside  []struct{ Role, Title string }
		Teams   []string
		Outside []string
	}
	for _, at := range []string{"/people?q=mia", "/then?version=1&q=mia"} {
		people := data[struct{ People []row }](t, w, olivia, at).Data.People
		assert.Equal(t, []row{{"mia", "member", []struct{ Role, Title string }{{"billing", "Billing"}}, []string{"design (Deputy)"}, []string{}}}, people, at)
	}
	people := data[struct{ People []row }](t, w, olivia, "/people?q=lena").Data.People
	assert.Equal(t, []string{"design (Team lead, not in the team)"}, people[0].Outside)
	assert.Equal(t, []string{"print"}, people[0].Teams)
}

// A user with a role on a team sees the members of the team and its page, without being in it; and
// all of them, if the list is that of the users that the viewer may see.
func TestRoleOnATeamOfOthers(t *testing.T) {
	w := newWorld(t, "agency")
	ids, _ := w.people(lena, "")
	assert.Equal(t, "lena max mia", join(ids))
	for i := range 20 { // so that the console does not look at all users
		w.must(account.AddUser{User: usher.UserID("new-" + string(rune('a'+i)))})
	}
	ids, _ = w.people(lena, "")
	assert.Equal(t, "lena max mia", join(ids))
	assert.Equal(t, []usher.TeamID{"design", "web", "print"}, w.tree(lena, "/teams").ids())
	assert.Equal(t, 200, w.get(lena, teamAddress("web")).Code)
	w.must(account.UnsetTeamRole{Team: "design", User: "lena", Role: "lead"})
	ids, _ = w.people(lena, "")
	assert.Equal(t, "lena", join(ids))
	assert.Equal(t, []usher.TeamID{"print"}, w.tree(lena, "/teams").ids())
	assert.Equal(t, 404, w.get(lena, teamAddress("web")).Code)
}

// Roles beside the account role are given and taken on the page of a user, after a confirmation with
// what the user gains and loses. The journal, and the user as it was then, show them.
func TestRolesBeside(t *testing.T) {
	w := newWorld(t, "agency")
	page := body(w.get(olivia, "/person?id=max"))
	assert.Contains(t, page, "<h2>Roles in addition</h2>")
	assert.NotContains(t, page, "person/unset-role-beside")

	page = body(w.post(olivia, "/person/set-role-beside", "id", "max", "role", "billing"))
	assert.Contains(t, page, "<h1>Give role</h1>")
	assert.Contains(t, page, `also gets the role <bdi>Billing</bdi>`)
	assert.Contains(t, page, "<li>pay invoices (all)</li>")
	rec := w.post(olivia, "/person/set-role-beside", "id", "max", "role", "billing", "confirmed", "yes", "back", "id=max")
	require.Equal(t, "../person?at=2&done=person%2Fset-role-beside&id=max", rec.Header().Get("Location"))
	page = body(w.get(olivia, "/person?id=max&done=person/set-role-beside"))
	for _, want := range []string{"The role was given.", "<dd>Member, Billing</dd>", `<span class="badge">Billing</span>`, "pay invoices"} {
		assert.Contains(t, page, want)
	}
	assert.Contains(t, body(w.get(olivia, "/record")), `Name of max</bdi></a> also gets the role <bdi>Billing</bdi>`)
	assert.Contains(t, body(w.get(olivia, "/then-person?version=1&id=max")), `<tr class="changed"><th scope="row">Role</th><td><bdi>Member</bdi></td><td><bdi>Member, Billing</bdi></td></tr>`)

	rec = w.post(olivia, "/person/unset-role-beside", "id", "max", "role", "billing", "confirmed", "yes")
	assert.Equal(t, http.StatusSeeOther, rec.Code)
	w.must(account.SetRoleBeside{User: "max", Role: "auditor"})
	rec = w.post(olivia, "/person/set-role", "id", "max", "role", "guest", "version", "3", "confirmed", "yes")
	assert.Equal(t, http.StatusConflict, rec.Code)
	assert.Contains(t, problemText(body(rec)), `<th scope="row">Role</th><td><bdi>Member</bdi></td><td><bdi>Member, Auditor</bdi></td>`)

	page = body(w.get(olivia, "/person?id=mia"))
	assert.NotContains(t, page, `<option value="auditor"`, "one user has it, which is the maximum")
	rec = w.post(olivia, "/person/set-role-beside", "id", "mia", "role", "auditor", "confirmed", "yes")
	assert.Equal(t, http.StatusConflict, rec.Code)
	assert.Contains(t, problemText(body(rec)), "The role already has as many users as it can have.")
	assert.Equal(t, 403, w.post(adam, "/person/set-role-beside", "id", "max", "role", "billing", "confirmed", "yes").Code, "adam does not have it")
	assert.Equal(t, 422, w.post(olivia, "/person/set-role-beside", "id", "max", "role", "", "confirmed", "yes").Code)
	assert.Contains(t, problemText(body(w.post(olivia, "/person/set-role-beside", "id", "max", "role", "guest", "confirmed", "yes"))), "This role does not exist.")
}

// The page of a team lists who has a role on it from outside, takes these roles, and gives one to a
// user that the viewer searches. So does the page of the user, for the roles that the user has.
func TestRolesOutsideATeam(t *testing.T) {
	w := newWorld(t, "agency")
	page := body(w.get(adam, teamAddress("design")))
	assert.Contains(t, page, `<h2 id="outside">People with a role on this team who are not in it</h2>`)
	assert.Contains(t, page, `<span class="badge">Team lead</span> <span class="hint">not in the team</span>`, "among the holders")
	assert.Contains(t, page, `<label for="give">`)
	assert.NotContains(t, body(w.get(mia, teamAddress("design"))), `id="outside"`, "mia sees none of them")
	assert.Contains(t, body(w.get(lena, teamAddress("web"))), `from the team <bdi>design</bdi></span> <span class="hint">not in the team</span>`)

	page = body(w.get(adam, teamAddress("design", "give", "m")))
	offers := map[string]bool{}
	for _, o := range offeredBy(page, fill) {
		o.values.Del("id")
		offers[o.String()] = true
	}
	assert.True(t, offers["team/set-role?role=lead&user=max"])
	assert.True(t, offers["team/set-role?role=lead&user=adam"])
	assert.False(t, offers["team/set-role?role=deputy&user=max"], "only members have it")
	assert.Contains(t, page, `<bdi class="email">mia@acme.example</bdi> <span class="hint">Member, Billing</span> <span class="badge">in the team</span>`)

	page = body(w.post(adam, "/team/set-role", "id", "design", "user", "max", "role", "lead"))
	assert.Contains(t, page, `becomes <bdi>Team lead</bdi> of the team <bdi>design</bdi> without being in it`)
	rec := w.post(adam, "/team/set-role", "id", "design", "user", "max", "role", "lead", "confirmed", "yes", "back", "id=design&give=m")
	require.Equal(t, "../team?at=2&done=team%2Fset-role&give=m&id=design", rec.Header().Get("Location"))
	type section struct {
		Outside struct {
			Holders []struct {
				ID    usher.UserID
				Roles []struct{ Role string }
			}
			Next string
		}
	}
	shown := data[section](t, w, adam, teamAddress("design")).Data.Outside.Holders
	require.Len(t, shown, 2)
	assert.Equal(t, usher.UserID("lena"), shown[0].ID)
	assert.Equal(t, "lead", shown[1].Roles[0].Role)

	page = body(w.get(adam, "/person?id=max"))
	assert.Contains(t, page, "<h2>Roles on teams of which the user is not a member</h2>")
	rec = w.post(adam, "/person/unset-team-role", "id", "max", "team", "design", "role", "lead", "confirmed", "yes")
	assert.Equal(t, http.StatusSeeOther, rec.Code)
	rec = w.post(adam, "/team/unset-role", "id", "design", "user", "lena", "role", "lead", "confirmed", "yes")
	assert.Equal(t, http.StatusSeeOther, rec.Code)
	assert.Empty(t, data[section](t, w, adam, teamAddress("design")).Data.Outside.Holders)
	assert.Contains(t, body(w.get(adam, "/record")), `, who is not in the team <bdi>design</bdi>, is no longer <bdi>Team lead</bdi> of it`)
	assert.NotContains(t, body(w.get(adam, "/person?id=max")), "of which the user is not a member")

	for i := range 60 {
		id := usher.UserID("out-" + string(rune('0'+i/10)) + string(rune('0'+i%10)))
		w.must(account.AddUser{User: id}, account.SetTeamRole{Team: "design", User: id, Role: "lead"})
	}
	first := data[section](t, w, adam, teamAddress("design")).Data.Outside
	assert.Len(t, first.Holders, 50)
	assert.Equal(t, "out-49", first.Next)
	assert.Contains(t, body(w.get(adam, teamAddress("design"))), `href="./team?id=design&amp;outside=out-49#outside"`)
	assert.Len(t, data[section](t, w, adam, teamAddress("design", "outside", first.Next)).Data.Outside.Holders, 10)
}

// A page that offers nothing and names no such user does not have the parts about roles beside and
// about users outside a team.
func TestPoliciesWithoutSuchRoles(t *testing.T) {
	w := newWorld(t, "oncehub")
	assert.NotContains(t, body(w.get(olivia, "/person?id=mia")), "Roles in addition")
	assert.NotContains(t, body(w.get(olivia, teamAddress("sales", "give", "m"))), `id="outside"`)
	w = newWorld(t, "agency", func(o *console.Options) { o.ReadOnly = true })
	assert.NotContains(t, body(w.get(olivia, teamAddress("print", "give", "m"))), `id="outside"`)
	page := body(w.get(olivia, teamAddress("design")))
	assert.Contains(t, page, `id="outside"`)
	assert.NotContains(t, page, `method="post"`)
}

// The roles page says how a role is held, and counts the users who have it beside their role and
// outside a team.
func TestRolesPageOfRolesOfEachKind(t *testing.T) {
	w := newWorld(t, "agency")
	type row struct {
		Role            string
		OnTeam, Outside bool
		Beside, Yours   bool
		Count           int
	}
	rows := map[string]row{}
	for _, r := range data[struct{ Roles []row }](t, w, adam, "/roles").Data.Roles {
		rows[r.Role] = r
	}
	assert.Equal(t, row{Role: "billing", Beside: true, Count: 1}, rows["billing"])
	assert.Equal(t, row{Role: "lead", OnTeam: true, Outside: true, Count: 1}, rows["lead"])
	assert.Equal(t, row{Role: "deputy", OnTeam: true, Count: 1}, rows["deputy"])
	page := body(w.get(adam, "/roles"))
	for _, want := range []string{
		"<p>Held in addition to the role in the account.</p>", "<p>People who are not in the team can have it, too.</p>",
		"<p>At most <bdi>2</bdi> on each team.</p>", "<p>At most <bdi>1</bdi>.</p>",
		"<p>Has no roles on teams.</p>", "<p>Has no individual permissions.</p>",
	} {
		assert.Contains(t, page, want)
	}
	own := data[struct{ Roles []row }](t, w, lena, "/roles").Data.Roles
	for _, r := range own {
		assert.Equal(t, r.Role == "member" || r.Role == "lead", r.Yours, r.Role)
	}
	assert.Contains(t, body(w.get(viewer{user: "mia"}, "/roles")), "Billing")
}

// After a change of the policy, the pages still show the roles that it no longer declares, and take
// them; so does a team role that only members may have now.
func TestRolesThatThePolicyLacks(t *testing.T) {
	w := newWorld(t, "agency")
	changed := strings.NewReplacer("admin, billing]", "admin]", "  billing: {title: Billing, beside: true}\n", "", "pay: {title: pay invoices, billing: any}", "pay: {owner: any}",
		"held-on: team, outside: true", "held-on: team").Replace(string(agency))
	p, err := policyfile.Load("agency.yaml", []byte(changed))
	require.NoError(t, err)
	var mismatches *engine.PolicyMismatchError
	require.ErrorAs(t, w.SetPolicy(ctx, p), &mismatches)
	require.NoError(t, w.SetPolicy(ctx, p, engine.Accept(mismatches)))

	page := body(w.get(olivia, "/people"))
	assert.Contains(t, page, "Member, billing")
	assert.Contains(t, page, "design (Team lead, not in the team)")
	assert.Equal(t, http.StatusOK, w.get(olivia, "/roles").Code)
	assert.Contains(t, body(w.get(olivia, "/person?id=mia")), `<span class="badge">billing</span>`)
	assert.Contains(t, body(w.get(olivia, teamAddress("design"))), `id="outside"`)
	for at, form := range map[string]string{
		"/person?id=mia": "person/unset-role-beside?id=mia&role=billing", teamAddress("design"): "team/unset-role?id=design&role=lead&user=lena",
	} {
		offers := offeredBy(body(w.get(olivia, at)), fill)
		i := slices.IndexFunc(offers, func(o offered) bool { return o.String() == form })
		require.GreaterOrEqual(t, i, 0, "%s of %v", form, offers)
		offers[i].values.Set("confirmed", "yes")
		rec := w.send(olivia, "POST", "/"+offers[i].path, offers[i].values.Encode())
		assert.Equal(t, http.StatusSeeOther, rec.Code, "%s: %s", form, problemText(body(rec)))
	}
	v, err := w.View(ctx, "acme")
	require.NoError(t, err)
	require.NoError(t, v.State().Fits(p))
	assert.NotContains(t, body(w.get(olivia, "/people")), "Member, billing")
}
