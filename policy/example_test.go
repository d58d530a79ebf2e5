package policy_test

import (
	"fmt"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
)

const gym = `
usher: 1
features: [sauna]
conditions:
  has-sauna: {feature: sauna}
roles:
  owner:   {unique: true, includes: [trainer], hands-over-to: trainer}
  trainer: {}
  member:  {default: true}
resources:
  course:
    parties: {trainer: users, guest: users}
    fields:  {health: [injuries, medication]}
    permissions:
      view: {trainer: any, member: [own as guest, any hiding health]}
      edit: {trainer: own as trainer}
  sauna:
    permissions:
      enter: {everyone: any if has-sauna}
`

// studio is an account with its users in a map.
type studio map[usher.UserID]*policy.User

func (s studio) User(id usher.UserID) (*policy.User, error) { return s[id], nil }

func (s studio) Account() (*policy.Account, error) { return &policy.Account{}, nil }

func Example() {
	p, err := policyfile.Load("gym.yaml", []byte(gym))
	if err != nil {
		fmt.Println(err)
		return
	}
	facts := studio{
		"tia": {Status: usher.Active, Role: "trainer"},
		"mel": {Status: usher.Active, Role: "member"},
	}
	yoga := &usher.Object{Type: "course", ID: "yoga", Parties: map[string][]string{"trainer": {"tia"}}}
	now := time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)

	d, _ := p.Decide(facts, &usher.Request{Subject: "mel", Permission: permission.MustParse("course.view"), Resource: yoga, Time: now})
	fmt.Println("view:", d.Allowed(), "without", d.Hidden())

	actions, _ := p.Actions(facts, &usher.Request{Subject: "tia", Resource: yoga, Time: now})
	for _, a := range actions {
		fmt.Println("tia:", a.Permission)
	}

	x, _ := p.Explain(facts, &usher.Request{Subject: "mel", Permission: permission.MustParse("sauna.enter"), Time: now})
	fmt.Println(x)

	s, _ := p.Summary(facts, "mel", now)
	for _, h := range s.Entitlements {
		fmt.Println("mel holds:", h.Rule)
	}
	// Output:
	// view: true without [injuries medication]
	// tia: course.view
	// tia: course.edit
	// mel may not sauna.enter: denied (condition-unmet): `everyone: any if has-sauna` of sauna.enter (gym.yaml:19) would allow it, but has-sauna does not hold; what would help: the feature sauna; or a grant of sauna.enter
	// mel holds: `member: own as guest` of course.view (gym.yaml:15)
	// mel holds: `member: any hiding health` of course.view (gym.yaml:15)
	// mel holds: `everyone: any if has-sauna` of sauna.enter (gym.yaml:19)
}

func ExampleLoad() {
	_, err := policyfile.Load("gym.yaml", []byte("usher: 1\nroles:\n  boss: {unique: true, hands-over-to: staf}\n  staff: {defualt: true}\n"))
	fmt.Println(err)
	// Output:
	// gym.yaml:3:39: unknown role "staf"; did you mean "staff"?
	// gym.yaml:4:11: a role has no key "defualt"; did you mean "default"?
}

// A trainer cannot give what a trainer does not have.
func ExampleCeiling_Gives() {
	p, err := policyfile.Load("gym.yaml", []byte(gym))
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)
	trainer, err := p.Ceiling(&policy.User{Role: "trainer"}, &policy.Account{}, nil, now)
	if err != nil {
		fmt.Println(err)
		return
	}
	before := &policy.User{Role: "member"}
	after := &policy.User{Role: "member", Grants: []policy.Grant{{Name: "course.edit"}}}
	if given, ok, _ := trainer.Gives(before, after); ok {
		fmt.Println("escalation:", given.Rule)
	}
	// Output: escalation: the grant course.edit (gym.yaml:16)
}
