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
  editor:  {held-on: calendar, includes: [viewer]}
  viewer:  {held-on: calendar}

custom-roles: {like: [staff, billing, deputy], at-most: 4}

resources:
  calendar:
    parties: {host: users}
    permissions:
      view: {staff: own, manager: team, custom: [own, any]}
      edit: {staff: own, custom: own}
  request:
    permissions:
      make: {everyone: own}
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
		actor := account.AsHost("test")
		if own := ownCommand(commands); own != nil {
			actor, commands = account.AsUser(j.user()), own
		}
		if e, err := j.commit(actor, commands...); err == nil {
			return e, true
		}
	}
	return store.Entry{}, false
}

var errNothing = errors.New("nothing changes")

// Commit returns the commit of commands. State is then the state after it.
func (j *Journal) Commit(commands ...account.Command) (store.Entry, error) {
	return j.CommitAs(account.AsHost("test"), commands...)
}

// CommitAs is Commit for commands of an actor.
func (j *Journal) CommitAs(actor account.Actor, commands ...account.Command) (store.Entry, error) {
	return j.commit(actor, commands...)
}

// Replay applies the next commit of a journal that another one has made.
func (j *Journal) Replay(data []byte) error {
	c, err := account.DecodeCommit(data)
	if err != nil {
		return err
	}
	j.State, err = j.State.ApplyEncoded(c, data)
	j.now = c.Time
	return err
}

// ownCommand returns the first command that only users can run, or nil.
func ownCommand(commands []account.Command) []account.Command {
	for _, c := range commands {
		switch c.(type) {
		case account.Request, account.Withdraw:
			return []account.Command{c}
		}
	}
	return nil
}

func (j *Journal) commit(actor account.Actor, commands ...account.Command) (store.Entry, error) {
	j.now = j.now.Add(time.Minute)
	o, err := j.State.Propose(j.under, account.Proposal{Actor: actor, Time: j.now, Commands: commands})
	if err != nil {
		return store.Entry{}, err
	}
	if len(o.Changes) == 0 {
		return store.Entry{}, errNothing
	}
	c := account.Commit{
		Account: j.State.ID(), Version: j.State.Version() + 1, Previous: j.State.Head().Hash,
		ID: fmt.Sprintf("c%d", j.State.Version()+1), Time: j.now, Actor: actor, Policy: j.under.Digest(), Changes: o.Changes,
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
