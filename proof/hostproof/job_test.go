package hostproof_test

import (
	"hash/fnv"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
)

// accountIDs are the accounts of all hosts, sorted.
var accountIDs = []usher.AccountID{"acme", "bravo", "corso", "delta"}

// clerks are users of each account whose role changes.
var clerks = []usher.UserID{"carl", "cleo", "cora"}

// front is a team of each account, without members.
const front usher.TeamID = "front"

// policyText has what the proofs need: a role that can be lost, and one that adds users, as an
// account role, beside it, and outside a team.
const policyText = `
usher: 1
name: clinic
roles:
  owner:  {unique: true, includes: [admin], hands-over-to: admin}
  admin:  {}
  clerk:  {}
  member: {default: true}
  desk:   {beside: true}
  head:   {held-on: team, outside: true}
resources:
  account: {permissions: {transfer: {owner: any}}}
  user: {permissions: {create: {admin: any, desk: any, head: any}, request-to-join: {visitor: any}, edit: {admin: any}, delete: {admin: any}, set-role: {admin: any}}}
  booking: {permissions: {create: {admin: any, clerk: any, desk: any, head: any}}}
`

// Actors of the host. Each commit of hosting has a row.
var (
	setup   = account.AsHost("setup")
	hosting = account.AsHost("hosting")
	plain   = account.AsHost("plain")
)

// job is what a host does in one transaction: it adds a user to some accounts, and in some jobs that
// user adds another one. The key alone determines the job, so that a retry needs only the key.
type job struct {
	key      string
	accounts []usher.AccountID
	way      way
	aide     bool

	unsure bool // an earlier COMMIT may have succeeded
	surely bool // an earlier COMMIT has succeeded
}

func drawJob(key string) *job {
	h := fnv.New64a()
	_, _ = io.WriteString(h, key)
	r := rand.New(rand.NewPCG(h.Sum64(), 0))
	ids := slices.Clone(accountIDs)
	r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	ids = ids[:1+r.IntN(3)]
	slices.Sort(ids)
	return &job{key: key, accounts: ids, aide: r.IntN(2) == 0, way: way(r.IntN(len(ways)))}
}

// way is how the user of a job gets the right to book.
type way uint8

const (
	byRole    way = iota // by the account role
	byDesk               // by a role beside it
	byHead               // by a role on a team that the user is not in
	byRequest            // the user asks to join, and the host admits the user
)

var ways = [...]string{byRole: "role", byDesk: "role beside", byHead: "role outside a team", byRequest: "request"}

func (j *job) user() usher.UserID { return usher.UserID(j.key) }

// members returns the users that the job adds.
func (j *job) members() (all []member) {
	for _, id := range j.accounts {
		all = append(all, member{id, j.user()})
		if j.aide {
			all = append(all, member{id, j.user() + "+aide"})
		}
	}
	return all
}

// batches returns the batches of an account, each with a key of its own.
func (j *job) batches(id usher.AccountID) []engine.Batch {
	first := engine.Batch{Actor: hosting, Account: id, IdempotencyKey: j.key}
	var all []engine.Batch
	switch j.way {
	case byRole:
		first.Commands = []account.Command{account.AddUser{User: j.user(), Role: "admin"}}
	case byDesk:
		first.Commands = []account.Command{account.AddUser{User: j.user()}, account.SetRoleBeside{User: j.user(), Role: "desk"}}
	case byHead:
		first.Commands = []account.Command{account.AddUser{User: j.user()}, account.SetTeamRole{Team: front, User: j.user(), Role: "head"}}
	case byRequest:
		all = append(all, engine.Batch{Actor: account.AsUser(j.user()), Account: id, IdempotencyKey: j.key + "+request", Commands: []account.Command{account.RequestToJoin{}}})
		first.Commands = []account.Command{account.AdmitUser{User: j.user(), Role: "admin"}}
	}
	all = append(all, first)
	if j.aide {
		all = append(all, engine.Batch{
			Actor: account.AsUser(j.user()), Account: id, IdempotencyKey: j.key + "+aide",
			Commands: []account.Command{account.AddUser{User: j.user() + "+aide", Role: "clerk"}},
		})
	}
	return all
}
