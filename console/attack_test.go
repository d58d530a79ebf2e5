package console_test

import (
	"context"
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
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/store/memstore"
)

// officeWith returns the account of the office under a policy with some texts replaced.
func officeWith(t *testing.T, replace ...string) *engine.Engine {
	text := strings.NewReplacer(replace...).Replace(office)
	require.NotEqual(t, office, text)
	p, err := policyfile.Load("office.yaml", []byte(text))
	require.NoError(t, err)
	e, err := engine.Open(engine.Options{Policy: p, Store: new(memstore.Store)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	_, err = e.Do(ctx, account.AsHost("test"), "acme", officeAccount...)
	require.NoError(t, err)
	return e
}

// A search that the host answers by the e-mail address does not tell a viewer the address that
// the policy hides.
func TestSearchDisclosesNothingHidden(t *testing.T) {
	search := func(_ context.Context, _ usher.AccountID, q string) (found []usher.UserID, _ error) {
		for _, id := range []usher.UserID{"adam", "lea", "mia"} {
			if strings.Contains("name of "+string(id)+" secret-"+string(id)+"@home.example", strings.ToLower(q)) {
				found = append(found, id)
			}
		}
		return found, nil
	}
	w := newWorld(t, "office", func(o *console.Options) { o.Search = search })
	for _, address := range []string{"/people?", "/people?sort=role&", "/people?sort=-active&"} {
		for q, want := range map[string]bool{"secret-adam": false, "home.example": false, "Name+of+adam": true, "adam": true} {
			page := body(w.get(mia, address+"q="+q))
			assert.Equal(t, want, strings.Contains(page, "Name of adam"), "%s%s", address, q)
			assert.Contains(t, body(w.get(adam, address+"q="+q)), "Name of adam", "the administrator sees the addresses")
		}
	}
}

// A page lists neither fields that are hidden in all its rows, nor roles that the page of roles
// leaves out.
func TestPeopleNameNothingHidden(t *testing.T) {
	type people struct {
		Columns []string
		Roles   []struct{ Value string }
	}
	w := newWorld(t, "office")
	assert.Equal(t, []string{"room"}, data[people](t, w, mia, "/people").Data.Columns)
	assert.Equal(t, []string{"phone", "room"}, data[people](t, w, adam, "/people").Data.Columns)
	assert.Len(t, data[people](t, newWorld(t, "oncehub"), mia, "/people").Data.Roles, 1, "mia sees herself alone")
}

// A form that is sent twice has one result, also if the first one takes the page from the viewer.
func TestSecondClickOnATransfer(t *testing.T) {
	w := newWorld(t, "oncehub")
	form := func(to, key string, more ...string) []string {
		return append([]string{"to", to, "key", key, "version", "1", "confirmed", "yes", "typed", "Name of " + to}, more...)
	}
	first := w.post(olivia, "/ownership/transfer", form("mia", "k")...)
	require.Equal(t, http.StatusSeeOther, first.Code)
	second := w.post(olivia, "/ownership/transfer", form("mia", "k")...)
	assert.Equal(t, http.StatusSeeOther, second.Code)
	assert.Equal(t, first.Header().Get("Location"), second.Header().Get("Location"))
	for _, again := range []struct {
		by   viewer
		form []string
	}{{olivia, form("adam", "k")}, {olivia, form("mia", "other")}, {olivia, form("mia", "")}, {adam, form("mia", "k")}, {tom, form("tom", "k")}} {
		assert.Equal(t, http.StatusForbidden, w.post(again.by, "/ownership/transfer", again.form...).Code, "%s %v", again.by.user, again.form)
	}
	v, err := w.View(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, usher.UserID("mia"), v.Owner())
	assert.Equal(t, uint64(2), v.Version())
}

// A form on a user that the viewer may not see has the result of one on a user who does not exist.
func TestHiddenUsersLookLikeNone(t *testing.T) {
	forms := map[string]string{
		"person/set-role": `"role": "member"`, "person/set-status": `"status": "inactive"`, "person/assign-seat": `"pool": "booking"`, "person/unassign-seat": `"pool": "booking"`,
		"person/add-to-team": `"team": "support"`, "person/remove-from-team": `"team": "support"`, "person/set-team-role": `"team": "support", "role": "manager"`,
		"person/unset-team-role": `"team": "support", "role": "manager"`, "person/give-grant": `"grant": "chatbots"`, "person/revoke-grant": `"grant": "chatbots"`,
		"person/set-field": `"field": "phone", "value": "1"`, "person/help": `"step": ["kind=1"]`, "person/remove": `"confirmed": true`, "people/remove": `"confirmed": true`,
		"team/add": `"confirmed": true`, "team/remove": `"confirmed": true`, "seats/assign": `"pool": "booking"`, "invitations/revoke": `"confirmed": true`,
		"people/set-role": `"role": "member"`, "ownership/transfer": `"confirmed": true`,
	}
	eachViewer(t, func(t *testing.T, preset string, by viewer) {
		w := newWorld(t, preset)
		visible := w.visible(by)
		for path, fields := range forms {
			for _, version := range []string{"0", "1"} {
				result := func(id string) string {
					team := id
					if strings.HasPrefix(path, "team/") {
						team = "sales"
					}
					rec := w.send(by, "POST", "/"+path, fmt.Sprintf(`{"id": %q, "user": %q, "to": %q, "version": %s, %s}`, team, id, id, version, fields))
					return fmt.Sprint(rec.Code, strings.ReplaceAll(body(rec), id, "ID"))
				}
				unknown := result("some-id-without-a-user")
				for _, id := range w.users() {
					if !slices.Contains(visible, id) {
						assert.Equal(t, unknown, result(string(id)), "%s %s", path, id)
					}
				}
			}
		}
	})
}

// A form on a team that the viewer may not see has the result of one on a team that does not exist.
func TestHiddenTeamsLookLikeNone(t *testing.T) {
	eachViewer(t, func(t *testing.T, preset string, by viewer) {
		w := newWorld(t, preset)
		for path, fields := range map[string]string{
			"person/add-to-team": `"id": "mia"`, "person/remove-from-team": `"id": "mia"`, "person/set-team-role": `"id": "mia", "role": "manager"`, "team/move": `"id": "TEAM", "parent": ""`,
			"team/add": `"id": "TEAM", "user": "mia"`, "team/remove": `"id": "TEAM", "user": "mia"`, "team/delete": `"id": "TEAM"`, "people/add-to-team": `"user": "mia"`,
			"people/add": `"user": "new", "role": "member"`, "invitations/invite": `"user": "new", "role": "member"`, "person/help": `"id": "mia", "step": "kind=3&team=TEAM"`,
		} {
			result := func(id usher.TeamID) string {
				rec := w.send(by, "POST", "/"+path, strings.ReplaceAll(fmt.Sprintf(`{"team": "TEAM", "version": 1, %s}`, fields), "TEAM", string(id)))
				return fmt.Sprint(rec.Code, strings.ReplaceAll(body(rec), string(id), "TEAM"))
			}
			unknown := result("a-team-that-does-not-exist")
			for _, id := range w.teams() {
				if w.get(by, teamAddress(id)).Code != http.StatusOK {
					assert.Equal(t, unknown, result(id), "%s %s", path, id)
				}
			}
		}
	})
}

// The host is asked for the ids of pasted addresses only if the viewer may invite.
func TestIDsAreForViewersWhoMayInvite(t *testing.T) {
	e := officeWith(t, "      delete: {admin: any}\n      leave", "      delete: {admin: any, member: any}\n      leave")
	var asked []string
	w := newWorld(t, "office", func(o *console.Options) {
		o.Engine = e
		o.IDs = func(_ context.Context, _ usher.AccountID, entries []string) (map[string]usher.UserID, error) {
			asked = append(asked, entries...)
			return nil, nil
		}
	})
	require.Equal(t, 200, w.get(mia, "/invitations").Code)
	assert.Equal(t, http.StatusForbidden, w.post(mia, "/invitations/invite", "user", "boss@other.example").Code)
	assert.Empty(t, asked)
	w.post(adam, "/invitations/invite", "user", "new@acme.example")
	assert.Equal(t, []string{"new@acme.example"}, asked[:1])
}

// A conflict about a team does not count users that the viewer may not see.
func TestConflictsCountNoHiddenUsers(t *testing.T) {
	e := officeWith(t, "member: any hiding private}\n      create", "member: own as user}\n      create", "team: {permissions: {create: {admin: any}, edit: {admin: any}", "team: {permissions: {create: {admin: any}, edit: {admin: any, member: any}")
	w := newWorld(t, "office", func(o *console.Options) { o.Engine = e })
	_, err := e.Do(ctx, account.AsHost("test"), "acme", account.MoveTeam{Team: "sales", Parent: "support"}, account.AddToTeam{Team: "sales", User: "adam"})
	require.NoError(t, err)
	rec := w.send(mia, "POST", "/team/move", `{"id": "sales", "parent": "", "version": 1, "confirmed": true}`)
	require.Equal(t, http.StatusConflict, rec.Code, body(rec))
	assert.Contains(t, body(rec), "Below the team")
	assert.NotContains(t, body(rec), "Users in the team")
}

// A form with more users than a batch can have is rejected without a try for each of them.
func TestForgedBulkForms(t *testing.T) {
	w := newWorld(t, "oncehub")
	ids := make([]string, account.MaxCommands+1)
	for i := range ids {
		ids[i] = fmt.Sprintf("u%d", i)
	}
	form, err := json.Marshal(map[string]any{"user": ids, "role": "member", "confirmed": true})
	require.NoError(t, err)
	rec := w.send(adam, "POST", "/people/set-role", string(form))
	assert.Equal(t, http.StatusUnprocessableEntity, rec.Code)
	assert.NotContains(t, body(rec), `"lines"`)
}

// Names cannot change the direction of a sentence.
func TestSentencesKeepTheirDirection(t *testing.T) {
	w := newWorld(t, "oncehub", func(o *console.Options) {
		o.People = func(_ context.Context, _ usher.AccountID, ids []usher.UserID) (map[usher.UserID]console.Profile, error) {
			found := map[usher.UserID]console.Profile{}
			for _, id := range ids {
				found[id] = console.Profile{Name: "Tom \u202eeht \u2066x\u2069" + string(id)}
			}
			return found, nil
		}
	})
	page := body(w.post(adam, "/team/move", "id", "emea", "parent", "support"))
	assert.Contains(t, page, "<li><bdi>Tom eht xtom is no longer Team Manager of the team emea and of the teams below it")
}

// The description of the JSON form is only read.
func TestOpenAPIMethods(t *testing.T) {
	w := newWorld(t, "oncehub")
	for method, want := range map[string]int{"GET": 200, "HEAD": 200, "POST": 405, "DELETE": 405, "OPTIONS": 405} {
		assert.Equal(t, want, w.send(olivia, method, "/openapi.json", "").Code, method)
	}
}
