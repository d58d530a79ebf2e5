package policy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
)

const poster = `
usher: 1
conditions: {public: {attribute: public}, locked: {attribute: locked}}
roles: {owner: {unique: true, hands-over-to: member}, member: {default: true}}
resources:
  poster:
    permissions:
      view: {everyone: any}
      read: {everyone: any if public}
      file: {everyone: any if not public}
      edit: {everyone: any}
never:
  poster.edit: any if locked
`

// board is a resource without attributes: it does not implement usher.Attributer.
type board struct{}

func (*board) Ref() usher.Ref                { return usher.Ref{Type: "poster", ID: "p1"} }
func (*board) InAccount() usher.AccountID    { return "acme" }
func (*board) Party(string) ([]string, bool) { return nil, true }

// publicBoard is a resource with attributes that wraps another resource.
type publicBoard struct {
	usher.Resource
	public, locked bool
}

func (b *publicBoard) Attribute(name string) (value, known bool) {
	switch name {
	case "public":
		return b.public, true
	case "locked":
		return b.locked, true
	}
	return false, false
}

// wrapper forwards the attributes of any resource.
type wrapper struct{ usher.Resource }

func (w wrapper) Attribute(name string) (value, known bool) { return usher.Attribute(w.Resource, name) }

// A resource without attributes fails closed: a rule that requires one does not allow, and
// a rule under never with one forbids. All paths agree.
func TestAttributer(t *testing.T) {
	p, err := policyfile.Load("policy.yaml", []byte(poster))
	require.NoError(t, err)
	facts := &world{users: map[usher.UserID]*policy.User{"mia": {Role: "member", Status: usher.Active}}}
	on := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	public, secret := &publicBoard{Resource: new(board), public: true}, &publicBoard{Resource: new(board)}
	locked := &publicBoard{Resource: new(board), public: true, locked: true}
	for _, row := range []struct {
		name                   string
		resource               usher.Resource
		view, read, file, edit usher.Reason
	}{
		{"no attributes", new(board), usher.ReasonGranted, usher.ReasonConditionUnmet, usher.ReasonConditionUnmet, usher.ReasonForbidden},
		{"public", public, usher.ReasonGranted, usher.ReasonGranted, usher.ReasonConditionUnmet, usher.ReasonGranted},
		{"not public", secret, usher.ReasonGranted, usher.ReasonConditionUnmet, usher.ReasonGranted, usher.ReasonGranted},
		{"locked", locked, usher.ReasonGranted, usher.ReasonGranted, usher.ReasonConditionUnmet, usher.ReasonForbidden},
		{"forwarded", wrapper{public}, usher.ReasonGranted, usher.ReasonGranted, usher.ReasonConditionUnmet, usher.ReasonGranted},
		{"forwarded without attributes", wrapper{new(board)}, usher.ReasonGranted, usher.ReasonConditionUnmet, usher.ReasonConditionUnmet, usher.ReasonForbidden},
		{"a wrapper that does not forward", struct{ usher.Resource }{public}, usher.ReasonGranted, usher.ReasonConditionUnmet, usher.ReasonConditionUnmet, usher.ReasonForbidden},
		{"no resource", nil, usher.ReasonGranted, usher.ReasonConditionUnmet, usher.ReasonConditionUnmet, usher.ReasonForbidden},
	} {
		t.Run(row.name, func(t *testing.T) {
			for name, want := range map[string]usher.Reason{"view": row.view, "read": row.read, "file": row.file, "edit": row.edit} {
				r := usher.Request{Account: "acme", Subject: "mia", Permission: permission.MustParse("poster." + name), Resource: row.resource, Time: on}
				d, err := p.Decide(facts, &r)
				require.NoError(t, err)
				assert.Equal(t, want, d.Reason(), "Decide %s", name)
				x, err := p.Explain(facts, &r)
				require.NoError(t, err)
				assert.Equal(t, d, x.Decision, "Explain %s", name)
				if row.resource == nil {
					continue
				}
				actions, err := p.Actions(facts, &r)
				require.NoError(t, err)
				allowed := false
				for _, a := range actions {
					allowed = allowed || a.Permission == r.Permission
				}
				assert.Equal(t, d.Allowed(), allowed, "Actions %s", name)
				list := r
				list.Resource = nil
				f, err := p.Filter(facts, &list)
				require.NoError(t, err)
				selected, err := f.Match(row.resource)
				require.NoError(t, err)
				assert.Equal(t, d.Allowed(), selected, "Filter %s", name)
			}
		})
	}
}

func TestAttributesDoNotAllocate(t *testing.T) {
	p, err := policyfile.Load("policy.yaml", []byte(poster))
	require.NoError(t, err)
	facts := &world{users: map[usher.UserID]*policy.User{"mia": {Role: "member", Status: usher.Active}}}
	read, on := permission.MustParse("poster.read"), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, resource := range map[string]usher.Resource{
		"no attributes": new(board), "attributes": &publicBoard{Resource: new(board), public: true}, "object": &usher.Object{Type: "poster"},
	} {
		assert.Zero(t, testing.AllocsPerRun(100, func() {
			_, _ = p.Decide(facts, &usher.Request{Account: "acme", Subject: "mia", Permission: read, Resource: resource, Time: on})
		}), name)
	}
}
