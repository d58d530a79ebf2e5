package policy_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func loadPreset(t testing.TB, name string) *policy.Policy {
	t.Helper()
	src, err := os.ReadFile("../preset/" + name + ".yaml")
	require.NoError(t, err)
	p, err := policyfile.Load(name+".yaml", src)
	require.NoError(t, err)
	return p
}

func on(typ string, parties map[string][]string) *usher.Object {
	return &usher.Object{Type: typ, Parties: parties}
}

// A denial lists the nearest remedies, in the words of the product.
func TestRemedies(t *testing.T) {
	onceHub := &world{users: map[usher.UserID]*policy.User{
		"olivia": {Status: usher.Active, Role: "owner"},
		"tom":    {Status: usher.Active, Role: "member", Teams: in("sales", "manager")},
		"mia":    {Status: usher.Active, Role: "member", Teams: in("sales")},
		"max":    {Status: usher.Active, Role: "member", Teams: in("sales")},
		"sam":    {Status: usher.Active, Role: "member", Teams: in("support")},
		"ina":    {Status: usher.Inactive, Role: "admin"},
	}}
	calCom := &world{users: map[usher.UserID]*policy.User{
		"olga": {Status: usher.Active, Role: "owner"},
		"fin":  {Status: usher.Active, Role: "admin-only"},
		"bea":  {Status: usher.Active, Role: "member"},
	}}
	groupCal := &world{
		users: map[usher.UserID]*policy.User{
			"olaf": {Status: usher.Active, Role: "owner"},
			"mona": {Status: usher.Active, Role: "member"},
		},
		settings: map[string]bool{"edit-only-own": true, "add-members": false},
	}
	for _, row := range []struct {
		preset string
		w      *world
		who    usher.UserID
		can    string
		on     usher.Resource
		want   []string
	}{
		{
			"oncehub", onceHub, "mia", "calendar.edit", on("calendar", map[string][]string{"host": {"mia", "max"}}),
			[]string{"be the only host", "role manager on team sales", "a grant of calendar.edit", "role admin"},
		},
		{
			"oncehub", onceHub, "tom", "calendar.edit", on("calendar", map[string][]string{"host": {"sam"}}),
			[]string{"be the only host", "role manager on team support", "a grant of calendar.edit", "role admin"},
		},
		{
			"oncehub", onceHub, "mia", "chatbot.edit", on("chatbot", map[string][]string{"owner": {"mia"}}),
			[]string{"the feature chatbots", "a grant of chatbot.edit", "role admin"},
		},
		{"oncehub", onceHub, "ina", "account.configure", nil, []string{"be active"}},
		{"oncehub", onceHub, "nobody", "page.share", nil, []string{"join the account as member", "join the account as admin"}},
		{"oncehub", onceHub, "mia", "account.transfer", nil, []string{"role owner, handed over by the present owner"}},
		{
			"calcom", calCom, "fin", "billing.view", nil,
			[]string{"a strong login", "role admin"},
		},
		{
			"calcom", calCom, "bea", "booking.receive", on("booking", map[string][]string{"user": {"bea"}}),
			[]string{"a booking seat"},
		},
		{
			"groupcal", groupCal, "mona", "event.edit", on("event", map[string][]string{"owner": {"olaf"}}),
			[]string{"be an assignee"},
		},
		{"groupcal", groupCal, "mona", "user.create", nil, []string{"the setting add-members on"}},
	} {
		t.Run(row.can+" as "+string(row.who), func(t *testing.T) {
			p := loadPreset(t, row.preset)
			x, err := p.Explain(row.w, &usher.Request{Subject: row.who, Permission: permission.MustParse(row.can), Resource: row.on, Time: noon})
			require.NoError(t, err)
			require.False(t, x.Decision.Allowed())
			var ways []string
			for _, w := range x.Remedies {
				ways = append(ways, w.Text)
			}
			t.Log(x)
			assert.Equal(t, row.want, ways[:min(len(ways), len(row.want))])
		})
	}
}

func TestExplainSentence(t *testing.T) {
	p := loadPreset(t, "oncehub")
	w := &world{users: map[usher.UserID]*policy.User{"mia": {Status: usher.Active, Role: "member", Teams: in("sales")}}}
	x, err := p.Explain(w, &usher.Request{
		Subject: "mia", Permission: permission.MustParse("calendar.edit"), Time: noon,
		Resource: &usher.Object{Type: "calendar", ID: "c1", Parties: map[string][]string{"host": {"mia"}}},
	})
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(x.Sentence, "mia may calendar.edit on calendar c1: allowed by `member: sole` of calendar.edit (oncehub.yaml:"), x.Sentence)
	assert.Empty(t, x.Remedies)
}
