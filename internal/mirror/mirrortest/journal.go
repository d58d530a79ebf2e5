// Package mirrortest makes random journals with every kind of change that the tables of members
// know. It is for tests only.
package mirrortest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/store"
)

const source = `
usher: 1
name: members

seats:
  booking: {holds: [invited, active]}
  desk:    {holds: [active]}

settings:
  open-house: false

roles:
  owner:   {unique: true, includes: [admin], hands-over-to: admin}
  admin:   {all: true}
  staff:   {default: true, seats: {booking: optional, desk: required}}
  guest:   {seats: {booking: optional}, team-roles: none, grants: none}
  billing: {beside: true, at-most: 4}
  auditor: {beside: true}
  manager: {held-on: team, includes: [deputy]}
  deputy:  {held-on: team, outside: true, seats: {booking: optional}}

resources:
  calendar:
    parties: {host: users}
    permissions:
      view: {staff: own, manager: team}
      edit: {staff: own}
`

// Policy returns the policy with which journals begin.
func Policy() *policy.Policy { return load(source) }

// withoutOwner returns the policy without a unique role, to which journals switch and back.
func withoutOwner() *policy.Policy {
	return load(strings.Replace(source, "unique: true, includes: [admin], hands-over-to: admin", "at-least: 1, includes: [admin]", 1))
}

func load(text string) *policy.Policy {
	p, err := policyfile.Load("members.yaml", []byte(text))
	if err != nil {
		panic(err)
	}
	return p
}

// Noon is a time before that of all commits.
var Noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Journal makes the commits of one account, in random order and number. It is for one goroutine.
type Journal struct {
	State *account.State // after the last commit
	rand  *rand.Rand
	under *policy.Policy
	other *policy.Policy // to switch to
	now   time.Time
}

// New returns a Journal without commits.
func New(id usher.AccountID, random *rand.Rand) *Journal {
	return &Journal{State: account.New(id), rand: random, under: Policy(), other: withoutOwner(), now: Noon}
}

// Next returns the next commit of random commands, of which it skips those that are rejected. State
// is then the state after it. A journal whose account was deleted has no next commit: ok is false.
func (j *Journal) Next() (e store.Entry, ok bool) {
	for !j.State.Deleted() {
		if j.rand.IntN(8) == 0 {
			j.under, j.other = j.other, j.under
		}
		commands := make([]account.Command, 1+j.rand.IntN(4))
		for i := range commands {
			commands[i] = j.command()
		}
		if !j.State.Exists() {
			commands = append([]account.Command{j.create()}, commands...)
		}
		if e, err := j.Commit(commands...); err == nil {
			return e, true
		}
	}
	return store.Entry{}, false
}

var errNothing = errors.New("nothing changes")

// Commit returns the commit of commands. State is then the state after it.
func (j *Journal) Commit(commands ...account.Command) (store.Entry, error) {
	j.now = j.now.Add(time.Minute)
	host := account.AsHost("test")
	o, err := j.State.Propose(j.under, account.Proposal{Actor: host, Time: j.now, Commands: commands})
	if err != nil {
		return store.Entry{}, err
	}
	if len(o.Changes) == 0 {
		return store.Entry{}, errNothing
	}
	c := account.Commit{
		Account: j.State.ID(), Version: j.State.Version() + 1, Previous: j.State.Head().Hash,
		ID: fmt.Sprintf("c%d", j.State.Version()+1), Time: j.now, Actor: host, Policy: j.under.Digest(), Changes: o.Changes,
	}
	data, err := c.Encode()
	if err != nil {
		return store.Entry{}, err
	}
	if j.State, err = j.State.ApplyEncoded(&c, data); err != nil {
		return store.Entry{}, err
	}
	return store.Entry{Commit: store.Commit{Version: c.Version, Data: data}}, nil
}
