package console_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/usherhttp"
)

type settingsData struct {
	Settings []struct {
		Setting, Title, To string
		Value, Default     bool
		Effects            []struct{ Roles, Gains, Loses []string }
	}
}

// The page has every setting of the policy, and offers exactly the changes that the engine
// accepts.
func TestSettingsOfferWhatTheEngineAccepts(t *testing.T) {
	eachViewer(t, func(t *testing.T, preset string, by viewer) {
		w := newWorld(t, preset)
		v, err := w.View(ctx, "acme")
		require.NoError(t, err)
		var want []string
		for _, s := range v.Settings() {
			if w.acceptsChange(by, account.ChangeSetting{Setting: s.Name, Value: !s.Value}) {
				to := map[bool]string{true: "on", false: "off"}[!s.Value]
				want = append(want, "settings/change?setting="+s.Name+"&value="+to)
			}
		}
		slices.Sort(want)
		assert.Equal(t, want, w.offers(by, "/settings"))
		if len(want) == 0 {
			return
		}
		got := data[settingsData](t, w, by, "/settings").Data.Settings
		require.Len(t, got, len(v.Settings()))
		for i, s := range v.Settings() {
			assert.Equal(t, []any{s.Name, s.Value, s.Default}, []any{got[i].Setting, got[i].Value, got[i].Default})
		}
	})
}

// The effects of a setting are what its change does: for each role, a user gains or loses
// something exactly if the page says so.
func TestEffectsOfSettingsAreTrue(t *testing.T) {
	for _, preset := range []string{"groupcal", "office"} {
		w := newWorld(t, preset)
		w.must(account.AddUser{User: "new", Role: "member"})
		settings := data[settingsData](t, w, olivia, "/settings").Data.Settings
		require.NotEmpty(t, settings)
		for _, s := range settings {
			before, err := w.View(ctx, "acme")
			require.NoError(t, err)
			w.must(account.ChangeSetting{Setting: s.Setting, Value: s.To == "on"})
			after, err := w.View(ctx, "acme")
			require.NoError(t, err)
			w.must(account.ChangeSetting{Setting: s.Setting, Value: s.Value})
			for _, r := range w.Policy().Roles() {
				if r.OnTeam {
					continue
				}
				id := map[string]usher.UserID{"owner": "olivia", "admin": "adam", "member": "new"}[string(r.Name)]
				gains, loses, err := w.Policy().Difference(before.State(), after.State(), id, before.Time())
				require.NoError(t, err)
				var gained, lost int
				for _, e := range s.Effects {
					title := r.Title
					if title == "" {
						title = string(r.Name)
					}
					if slices.Contains(e.Roles, title) {
						gained, lost = len(e.Gains), len(e.Loses)
					}
				}
				assert.Equal(t, []int{len(gains), len(loses)}, []int{gained, lost}, "%s of %s", s.Setting, r.Name)
			}
		}
	}
}

func TestEffectsInWords(t *testing.T) {
	w := newWorld(t, "office")
	got := data[settingsData](t, w, adam, "/settings").Data.Settings
	require.Len(t, got, 2)
	assert.Equal(t, "an open office", got[0].Title)
	require.Len(t, got[0].Effects, 1)
	assert.Equal(t, []string{"member"}, got[0].Effects[0].Roles)
	assert.Equal(t, []string{"open the door (all)"}, got[0].Effects[0].Gains)
	page := body(w.get(adam, "/settings"))
	assert.Contains(t, page, "<h2><bdi>an open office</bdi></h2>")
	assert.Contains(t, page, "<h3>If it is turned on</h3>")
	assert.Contains(t, page, "<button>Turn on</button>")
}

func TestChangeSetting(t *testing.T) {
	w := newWorld(t, "office")
	value := func() bool {
		v, err := w.View(ctx, "acme")
		require.NoError(t, err)
		return v.Settings()[0].Value
	}
	rec := w.post(adam, "/settings/change", "setting", "open", "value", "on", "version", "1")
	assert.Contains(t, body(rec), "The setting <bdi>an open office</bdi> is turned <bdi>on</bdi>")
	assert.Contains(t, body(rec), "<li><bdi>member: gains open the door (all)</bdi></li>", "the effects are shown before the change")
	assert.False(t, value())
	rec = w.post(adam, "/settings/change", "setting", "open", "value", "on", "version", "1", "confirmed", "yes")
	assert.Equal(t, "../settings?at=2&done=settings%2Fchange", rec.Header().Get("Location"))
	assert.True(t, value())
	rec = w.post(olivia, "/settings/change", "setting", "open", "value", "off", "version", "1", "confirmed", "yes")
	assert.Equal(t, http.StatusConflict, rec.Code)
	assert.Contains(t, problemText(body(rec)), "Changed by <bdi>Name of adam</bdi> meanwhile")

	rec = w.send(olivia, "POST", "/settings/change", `{"setting": "open", "value": false, "version": 2, "confirmed": true}`)
	assert.Equal(t, http.StatusOK, rec.Code, body(rec))
	assert.False(t, value())
	for _, wrong := range []string{`{"setting": "open"}`, `{"setting": "open", "value": "maybe"}`, `{"value": true}`} {
		assert.Equal(t, http.StatusUnprocessableEntity, w.send(olivia, "POST", "/settings/change", wrong).Code, wrong)
	}
	assert.Equal(t, http.StatusNotFound, w.post(olivia, "/settings/change", "setting", "none", "value", "on").Code)
	assert.Equal(t, http.StatusForbidden, w.post(mia, "/settings/change", "setting", "open", "value", "on", "confirmed", "yes").Code)
	assert.False(t, value())
}

// frozen is a policy whose settings forbid something to all users, and give a team role
// something. Nothing depends on the setting unused.
const frozen = `
usher: 1
settings: {frozen: false, leads: true, unused: false}
conditions:
  frozen: {setting: frozen}
  leads: {setting: leads}
  mfa: {context: mfa}
roles:
  owner:  {unique: true, hands-over-to: member}
  member: {default: true}
  lead:   {held-on: team}
resources:
  account: {permissions: {configure: {owner: any}}}
  user: {permissions: {view: {owner: any}}}
  page:
    parties: {author: users}
    permissions:
      edit: {owner: any, member: own, lead: team if leads}
never:
  page.edit: any if frozen and not mfa
`

// What a setting forbids to all users is an effect, and so is what it gives to a team role.
func TestEffectsOnNeverAndTeamRoles(t *testing.T) {
	p, err := policyfile.Load("frozen.yaml", []byte(frozen))
	require.NoError(t, err)
	e, err := engine.Open(engine.Options{Policy: p, Store: new(memstore.Store)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	c, err := console.New(console.Options{Engine: e, Subject: func(*http.Request) (usherhttp.Subject, error) {
		return usherhttp.Subject{Account: "acme", User: "olivia"}, nil
	}})
	require.NoError(t, err)
	w := &world{TB: t, Engine: e, console: c}
	w.must(account.CreateAccount{Owner: "olivia"})
	effects := func() map[string]any {
		all := map[string]any{}
		for _, s := range data[settingsData](t, w, olivia, "/settings").Data.Settings {
			all[s.Setting+" "+s.To] = s.Effects
		}
		return all
	}
	type effect = struct{ Roles, Gains, Loses []string }
	got := effects()
	forbidden := []string{"page.edit (all, if not mfa)"}
	assert.Equal(t, []effect{{Roles: []string{"All people"}, Loses: forbidden}}, got["frozen on"])
	assert.Equal(t, []effect{{Roles: []string{"lead"}, Loses: []string{"page.edit (of the team)"}}}, got["leads off"])
	assert.Empty(t, got["unused on"])
	assert.Contains(t, body(w.get(olivia, "/settings")), "No permission depends on it directly.")
	w.must(account.ChangeSetting{Setting: "frozen", Value: true}, account.ChangeSetting{Setting: "leads", Value: false})
	got = effects()
	assert.Equal(t, []effect{{Roles: []string{"All people"}, Gains: forbidden}}, got["frozen off"])
	assert.Equal(t, []effect{{Roles: []string{"lead"}, Gains: []string{"page.edit (of the team)"}}}, got["leads on"])
}

// A setting that only the host changes is read-only, with the reason, also for viewers who may
// change the others.
func TestHostOnlySettings(t *testing.T) {
	w := newWorld(t, "office")
	page := body(w.get(adam, "/settings"))
	assert.Contains(t, page, "Only the operator of this application can change this setting.")
	assert.Equal(t, []string{"settings/change?setting=open&value=on"}, w.offers(adam, "/settings"))
	assert.Equal(t, http.StatusForbidden, w.post(adam, "/settings/change", "setting", "plan", "value", "on", "confirmed", "yes").Code)
}
