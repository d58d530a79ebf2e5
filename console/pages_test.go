package console_test

import (
	"encoding/json"
	"fmt"
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
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
)

var userView = permission.MustParse("user.view")

// mayView reports whether a viewer may see a user, by the engine.
func (w *world) mayView(by viewer, id usher.UserID) bool {
	d, err := w.Check(ctx, usher.Request{
		Account: "acme", Subject: by.user, Permission: userView, Context: w.facts(by),
		Resource: &usher.Object{Type: "user", ID: string(id), Account: "acme", Parties: map[string][]string{"user": {string(id)}}},
	})
	require.NoError(w, err)
	return d.Allowed()
}

func (w *world) facts(by viewer) usher.Context {
	if !slices.Contains(w.Policy().Contexts(), "mfa") {
		return nil
	}
	return usher.Context{"mfa": by.mfa}
}

func (w *world) users() (ids []usher.UserID) {
	v, err := w.View(ctx, "acme")
	require.NoError(w, err)
	for m := range v.Users("") {
		ids = append(ids, m.ID)
	}
	return ids
}

// visible returns the users that a viewer may see.
func (w *world) visible(by viewer) (ids []usher.UserID) {
	for _, id := range w.users() {
		if by.user != "" && w.mayView(by, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// addresses returns the addresses of a page: the one without parameters, if it needs none, and those of
// its samples.
func (w *world) addresses(p console.PageInfo) (list []string) {
	sample, ok := samples[p.Path]
	if len(p.Params) == 0 {
		list = append(list, "/"+p.Path)
		if !ok {
			return list
		}
	}
	require.True(w, ok, "samples_test.go has no sample for the page %s, which needs %v", p.Path, p.Params)
	for _, query := range sample(w) {
		list = append(list, "/"+p.Path+"?"+query.Encode())
	}
	return list
}

// eachViewer runs a test for each viewer of each preset.
func eachViewer(t *testing.T, test func(t *testing.T, preset string, by viewer)) {
	for name, viewers := range kinds {
		for _, by := range viewers {
			t.Run(name+"/"+by.name, func(t *testing.T) { test(t, name, by) })
		}
	}
}

// Every page responds to every viewer with a page or a refusal, in HTML and in JSON, with the
// same status, and never with an error of the program.
func TestEveryPage(t *testing.T) {
	eachViewer(t, func(t *testing.T, preset string, by viewer) {
		w := newWorld(t, preset)
		opens := w.menu(by)
		for _, p := range console.Pages() {
			for _, at := range w.addresses(p) {
				page, data := w.get(by, at), w.send(by, "GET", at, "", "Accept", "application/json")
				assert.Contains(t, []int{200, 401, 403, 404}, page.Code, at)
				assert.Equal(t, page.Code, data.Code, at)
				assert.Equal(t, "text/html; charset=utf-8", page.Header().Get("Content-Type"))
				assert.Equal(t, "no-store", page.Header().Get("Cache-Control"))
				assert.Contains(t, page.Header().Get("Content-Security-Policy"), "default-src 'none'")
				assert.NotContains(t, body(page), " style=")
				assert.NotContains(t, body(page), "<no value>")
				var doc struct {
					Version uint64
					Data    json.RawMessage
					Status  int
				}
				require.NoError(t, json.Unmarshal([]byte(body(data)), &doc), at)
				if data.Code == 200 {
					assert.Equal(t, uint64(1), doc.Version)
					assert.Equal(t, "application/json", data.Header().Get("Content-Type"))
				} else {
					assert.Equal(t, data.Code, doc.Status)
					assert.Equal(t, "application/problem+json", data.Header().Get("Content-Type"))
				}
				for path, opens := range opens {
					assert.Equal(t, opens, strings.Contains(body(page), `<li><a href="./`+path+`"`), "the link to %s at %s", path, at)
				}
			}
		}
	})
}

// menu returns the pages that may be in the navigation, and whether each opens.
func (w *world) menu(by viewer) map[string]bool {
	opens := map[string]bool{}
	for _, p := range console.Pages() {
		if p.InMenu {
			opens[p.Path] = w.get(by, "/"+p.Path).Code == http.StatusOK
		}
	}
	return opens
}

// The engine accepts every form that a page offers.
func TestEveryFormIsAccepted(t *testing.T) {
	eachViewer(t, func(t *testing.T, preset string, by viewer) {
		w := newWorld(t, preset)
		for _, p := range console.Pages() {
			for _, at := range w.addresses(p) {
				for _, o := range offeredBy(body(w.get(by, at)), fill) {
					if refusedByRow(o) {
						continue
					}
					rec := w.send(by, "POST", "/"+o.path, o.values.Encode())
					assert.Contains(t, []int{http.StatusOK, http.StatusSeeOther}, rec.Code, "%s on %s: %s", o, at, problemText(body(rec)))
					if rec.Code == http.StatusSeeOther {
						w = newWorld(t, preset) // the form changed the account
					}
				}
			}
		}
	})
}

// refusedByRow reports whether a form is a bulk action, which is offered if it is possible for
// one row. The engine may refuse it for others.
func refusedByRow(o offered) bool {
	return strings.HasPrefix(o.path, "people/") && o.path != "people/add"
}

func problemText(page string) string {
	_, page, _ = strings.Cut(page, `role="alert"`)
	page, _, _ = strings.Cut(page, "</section>")
	return page
}

// The table shows exactly the users that the viewer may see, and their pages open.
func TestPeopleAreThoseThatTheViewerMaySee(t *testing.T) {
	eachViewer(t, func(t *testing.T, preset string, by viewer) {
		w := newWorld(t, preset)
		want := w.visible(by)
		rec := w.get(by, "/people?format=json")
		var got struct {
			Data struct{ People []struct{ ID usher.UserID } }
		}
		require.NoError(t, json.Unmarshal([]byte(body(rec)), &got))
		var ids []usher.UserID
		for _, p := range got.Data.People {
			ids = append(ids, p.ID)
		}
		assert.Equal(t, want, ids)
		assert.Equal(t, len(want) > 0, rec.Code == 200)
		for _, id := range append(w.users(), "not-a-user") {
			opens := w.get(by, "/person?id="+string(id)).Code == 200
			assert.Equal(t, slices.Contains(want, id), opens, "the page of %s", id)
		}
	})
}

// The page of a user offers exactly the commands that the engine accepts, command by command.
func TestPersonOffersWhatTheEngineAccepts(t *testing.T) {
	eachViewer(t, func(t *testing.T, preset string, by viewer) {
		w := newWorld(t, preset)
		for _, id := range w.visible(by) {
			var offers []string
			for _, o := range offeredBy(body(w.get(by, "/person?id="+string(id))), fill) {
				o.values.Del("id")
				offers = append(offers, o.String())
			}
			slices.Sort(offers)
			var accepted []string
			for form, command := range w.commandsOn(by, id) {
				p, err := w.Preview(ctx, engine.Batch{Actor: account.AsUser(by.user), Account: "acme", Context: w.facts(by), Commands: []account.Command{command}, Resources: albumsOf("acme")})
				if err == nil && len(p.Changes) > 0 {
					accepted = append(accepted, form)
				}
			}
			slices.Sort(accepted)
			assert.Equal(t, accepted, offers, "%s", id)
		}
	})
}

// commandsOn returns every command on a user that the page could offer, by the form.
func (w *world) commandsOn(by viewer, id usher.UserID) map[string]account.Command {
	v, err := w.View(ctx, "acme")
	require.NoError(w, err)
	u, _ := v.User(id)
	all := map[string]account.Command{"person/remove?": account.RemoveUser{User: id}}
	if id == by.user {
		all["person/leave?"] = account.Leave{}
	}
	for _, r := range w.Policy().Roles() {
		if r.Beside {
			all["person/set-role-beside?role="+string(r.Name)] = account.SetRoleBeside{User: id, Role: r.Name}
			all["person/unset-role-beside?role="+string(r.Name)] = account.UnsetRoleBeside{User: id, Role: r.Name}
		}
		if !r.OnTeam {
			all["person/set-role?role="+string(r.Name)] = account.SetRole{User: id, Role: r.Name}
			all["person/admit?role="+string(r.Name)] = account.AdmitUser{User: id, Role: r.Name}
			continue
		}
		for _, t := range slices.Concat(u.Teams, u.Outside) {
			all[fmt.Sprintf("person/set-team-role?role=%s&team=%s", r.Name, t.Team)] = account.SetTeamRole{User: id, Team: t.Team, Role: r.Name}
			all[fmt.Sprintf("person/unset-team-role?role=%s&team=%s", r.Name, t.Team)] = account.UnsetTeamRole{User: id, Team: t.Team, Role: r.Name}
		}
	}
	for _, s := range []usher.Status{usher.Active, usher.Inactive} {
		if u.Status != usher.Invited && u.Status != usher.Requested {
			all["person/set-status?status="+s.String()] = account.SetStatus{User: id, Status: s}
		}
	}
	for _, p := range w.Policy().Pools() {
		all["person/assign-seat?pool="+string(p.Name)] = account.AssignSeat{User: id, Pool: p.Name}
		all["person/unassign-seat?pool="+string(p.Name)] = account.UnassignSeat{User: id, Pool: p.Name}
	}
	for t := range v.Teams("") {
		all["person/add-to-team?team="+string(t.ID)] = account.AddToTeam{User: id, Team: t.ID}
		if len(u.RolesOutside(t.ID)) == 0 { // otherwise the page offers to take each role
			all["person/remove-from-team?team="+string(t.ID)] = account.RemoveFromTeam{User: id, Team: t.ID}
		}
	}
	for _, name := range w.Policy().Grantable() {
		all["person/give-grant?grant="+name+"&until=2999-12-31"] = account.GiveGrant{User: id, Grant: name}
		all["person/revoke-grant?grant="+name] = account.RevokeGrant{User: id, Grant: name}
	}
	for _, r := range w.Policy().Roles() {
		for _, on := range []usher.Ref{spring, autumn} {
			all[fmt.Sprintf("shares/take?holder=user%%3A%s&on=%s&on-type=album&role=%s", id, on.ID, r.Name)] = account.TakeRoleOn{User: id, Role: r.Name, On: on}
		}
	}
	for _, e := range v.ScheduledFor(id) {
		all[fmt.Sprintf("schedule/cancel?id=%d", e.ID)] = account.Cancel{ID: e.ID}
	}
	for _, f := range v.Fields(false) {
		all["person/set-field?field="+f.Name+"&value="] = account.SetField{User: id, Field: f.Name, Value: valueOf(f)}
	}
	return all
}

// valueOf returns a value of a field that differs from the values of the accounts.
func valueOf(f account.Field) account.Value {
	return map[account.FieldType]account.Value{account.TextField: "x", account.DateField: "2026-01-01", account.NumberField: "7", account.BoolField: "true"}[f.Type]
}

// Without Subject or Engine, New returns an error, and the zero Console refuses.
func TestNewRequires(t *testing.T) {
	w := newWorld(t, "oncehub")
	_, err := console.New(console.Options{Engine: w.Engine})
	assert.ErrorContains(t, err, "Options.Subject is nil")
	_, err = console.New(console.Options{Subject: func(*http.Request) (usherhttp.Subject, error) { return usherhttp.Subject{}, nil }})
	assert.ErrorContains(t, err, "Options.Engine is nil")
	w.console = new(console.Console)
	assert.Equal(t, 500, w.get(olivia, "/people").Code)
	w.console = nil
	assert.Equal(t, 500, w.get(olivia, "/people").Code)
}
