package policy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
)

// The order of the parties in the file does not decide whether a fact that fails is the error of a check:
// a check reads the parties in the order of their names.
func TestOrderOfParties(t *testing.T) {
	const source = `
usher: 1
roles: {member: {default: true}}
resources:
  folder: {parties: {alpha: users}}
  page:
    in: folder
    parties: {alpha: users, omega: users}
    permissions:
      read: {member: sole or above as alpha and sole as omega}
      copy: {member: sole as omega and sole or above as alpha}
      edit: {member: team}
`
	swapped := strings.ReplaceAll(source, "alpha: users, omega: users", "omega: users, alpha: users")
	require.NotEqual(t, source, swapped)
	failing := &usher.Object{Type: "folder", Parties: map[string][]string{"gone": nil}}
	fail := 0
	for name, page := range map[string]*usher.Object{
		"a container that fails": {Type: "page", ID: "p", Parties: map[string][]string{"alpha": {"zoe"}, "omega": {"max"}}, In: failing},
		"a user that fails":      {Type: "page", ID: "p", Parties: map[string][]string{"alpha": {"zoe"}, "omega": {"broken"}}},
		"the other one fails":    {Type: "page", ID: "p", Parties: map[string][]string{"alpha": {"broken"}, "omega": {"zoe"}}},
	} {
		for _, p := range []string{"page.read", "page.copy", "page.edit"} {
			var errs [2]string
			for i, text := range []string{source, swapped} {
				rules, err := policyfile.Load("policy.yaml", []byte(text))
				require.NoError(t, err)
				d, err := rules.Decide(brokenUser{}, &usher.Request{Subject: "mia", Permission: permission.MustParse(p), Resource: page, Time: noon})
				assert.False(t, d.Allowed())
				if err != nil {
					errs[i] = err.Error()
					fail++
				}
			}
			assert.Equal(t, errs[0], errs[1], "%s, %s", name, p)
		}
	}
	assert.NotZero(t, fail)
}

// brokenUser are facts that fail for one user.
type brokenUser struct{}

func (brokenUser) User(id usher.UserID) (*policy.User, error) {
	if id == "broken" {
		return nil, assert.AnError
	}
	return &policy.User{Role: "member", Status: usher.Active, Teams: []policy.Membership{{Team: usher.TeamID("of " + id)}}}, nil
}

func (brokenUser) Account() (*policy.Account, error) { return &policy.Account{}, nil }

// Of several names that the policy does not declare, the error names the first one in alphabetical order, and so
// the same one each time.
func TestErrorsNameTheSameName(t *testing.T) {
	rules, err := policyfile.Load("policy.yaml", []byte(`
usher: 1
roles: {member: {default: true}}
resources:
  page: {parties: {alpha: users}, permissions: {read: {everyone: any}}}
`))
	require.NoError(t, err)
	names, ids := map[string]bool{}, map[string][]string{}
	for _, name := range strings.Fields("k b h d j f a i c g e") {
		names[name], ids[name] = true, nil
	}
	for want, r := range map[string]usher.Request{
		`party of page "a"`:        {Resource: &usher.Object{Type: "page", Parties: ids}},
		`party of page "a": not`:   {Resource: &usher.Object{Type: "page", Teams: ids}},
		`attribute "a"`:            {Resource: &usher.Object{Type: "page", Attributes: names}},
		`fact of a request "a"`:    {Context: names},
		`fact of a request "acti`:  {Context: usher.Context{"acting": true, "a": true}},
		`party of page "a": not d`: {Resource: &usher.Object{Type: "page", Parties: ids, Attributes: names}},
	} {
		for range 5 {
			r.Subject, r.Permission, r.Time = "mia", permission.MustParse("page.read"), noon
			_, err := rules.Decide(brokenUser{}, &r)
			require.ErrorContains(t, err, want)
		}
	}
}
