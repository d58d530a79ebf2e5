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

// policyText has what the proofs need: a role that can be lost, and one that adds users.
const policyText = `
usher: 1
name: clinic
roles:
  owner:  {unique: true, includes: [admin], hands-over-to: admin}
  admin:  {}
  clerk:  {}
  member: {default: true}
resources:
  account: {permissions: {transfer: {owner: any}}}
  user: {permissions: {create: {admin: any}, edit: {admin: any}, delete: {admin: any}, set-role: {admin: any}}}
  booking: {permissions: {create: {admin: any, clerk: any}}}
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
	return &job{key: key, accounts: ids, aide: r.IntN(2) == 0}
}

func (j *job) user() usher.UserID { return usher.UserID(j.key) }

// members returns the users that the job adds.
func (j *job) members() (all []member) {
	for _, id := range j.accounts {
		for _, b := range j.batches(id) {
			all = append(all, member{id, b.Commands[0].(account.AddUser).User})
		}
	}
	return all
}

// batches returns the batches of an account, each with a key of its own.
func (j *job) batches(id usher.AccountID) []engine.Batch {
	all := []engine.Batch{{Actor: hosting, Account: id, IdempotencyKey: j.key, Commands: []account.Command{account.AddUser{User: j.user(), Role: "admin"}}}}
	if j.aide {
		all = append(all, engine.Batch{
			Actor: account.AsUser(j.user()), Account: id, IdempotencyKey: j.key + "+aide",
			Commands: []account.Command{account.AddUser{User: j.user() + "+aide", Role: "clerk"}},
		})
	}
	return all
}
