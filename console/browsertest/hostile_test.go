package browsertest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/internal/hostile"
)

// names are names that must neither run nor break a page.
var names = append([]string{
	`<script>window.hacked = true; alert(1)</script>`,
	`"><img src=x onerror="window.hacked = true">`,
	`' autofocus onfocus='window.hacked = true' x='`,
	`</title></textarea></style></script><script>window.hacked = true</script>`,
	`{{.}}${window.hacked = true}`,
	`javascript:window.hacked=true`,
	strings.Repeat("x", 10_000),
	strings.Repeat("W i d e ", 2000),
	"שלום עולם, מה שלומך?",
	"👩‍👩‍👧‍👦🏳️‍🌈🇨🇭" + strings.Repeat("👍🏽", 500),
	strings.Repeat("Z̷͉̀", 300),
}, hostile.Texts...)

// hostilePeople returns profiles with these names. Users share them, so that a page has several.
func hostilePeople(_ context.Context, _ usher.AccountID, list []usher.UserID) (map[usher.UserID]console.Profile, error) {
	found := map[usher.UserID]console.Profile{}
	for i, id := range list {
		name := names[(i+len(id))%len(names)]
		found[id] = console.Profile{Name: name, Email: name}
	}
	return found, nil
}

// infest adds users, teams, fields and values with the names to an account, as far as it accepts
// them, and returns the users.
func (a *app) infest() (users []usher.UserID) {
	a.must(account.SetSeats{Pool: "booking", Total: 500})
	accepted := map[string]int{}
	try := func(kind string, commands ...account.Command) bool {
		_, err := a.Do(ctx, account.AsHost("test"), "acme", commands...)
		if err == nil {
			accepted[kind]++
		}
		return err == nil
	}
	for _, name := range names {
		if id := usher.UserID(name); try("users", account.AddUser{User: id}) {
			users = append(users, id)
		}
		team := usher.TeamID(name)
		try("teams", account.CreateTeam{Team: team}, account.AddToTeam{User: "mia", Team: team})
		try("fields", account.DefineField{Field: name, Type: account.TextField}, account.SetField{User: "mia", Field: name, Value: account.Value(name)})
	}
	for _, kind := range []string{"users", "teams"} {
		require.Greater(a, accepted[kind], 8, "the account accepts too few %s: %v", kind, accepted)
	}
	return users
}

// harmless looks at a page in a narrow and in a wide window: no name has run, and the page fits.
func (b *tab) harmless(at string) {
	b.Helper()
	b.open(olivia, at)
	for _, width := range []int64{320, 1280} {
		b.resize(width, "light")
		b.fits(fmt.Sprintf("%.80s, %d pixels", at, width))
		b.shoot(fmt.Sprintf("hostile %.30s %d", at, width))
	}
	assert.Equal(b, 1, eval[int](b, `document.scripts.length`), "%.80s", at)
	assert.False(b, eval[bool](b, `"hacked" in window`), "%.80s", at)
	assert.Zero(b, eval[int](b, `document.querySelectorAll("[onerror], [onfocus], [autofocus], main style, main title, a[href^='javascript:']").length`), "%.80s", at)
	b.assertQuiet()
}

// maxHostile limits the addresses of a page with hostile names.
const maxHostile = 7

// Hostile names and ids never run, and never break the layout of any page.
func TestHostileNames(t *testing.T) {
	for _, preset := range []string{"oncehub", "calcom"} {
		t.Run(preset, func(t *testing.T) {
			t.Parallel()
			a := newApp(t, preset, func(o *console.Options) { o.People = hostilePeople })
			users := a.infest()
			b := newTab(t, a)
			for _, p := range a.pages() {
				all := a.addresses(p)
				for _, at := range all[:min(len(all), maxHostile)] {
					b.harmless(at)
				}
			}
			h := hand{tab: b}
			for i, id := range users[:maxHostile] {
				b.open(olivia, "person?"+url.Values{"id": {string(id)}}.Encode())
				require.Equal(t, int64(http.StatusOK), b.status, "%.80q", id)
				offer("person/remove")(h) // the confirmation
				b.resize(320, "light")
				b.fits(fmt.Sprintf("the confirmation for %.40q", id))
				b.assertQuiet()
				b.harmless("people?" + url.Values{"q": {names[i][:min(len(names[i]), 2000)]}}.Encode())
			}
		})
	}
}
