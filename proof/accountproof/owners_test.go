package accountproof_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

// TestSmallOwners visits all accounts with three users that commits under several policies can make:
// with one owner, with equal owners, with any number of owners, with two owners. Each command runs in
// each account under each policy, so the policies replace each other in all orders. The account and
// the model must agree. Whatever account is reached, the host can make it fit each of the policies.
func TestSmallOwners(t *testing.T) {
	t.Parallel()
	books := []*rulebook{
		rulebookNamed(t, "small/one-owner"), rulebookNamed(t, "small/equal-owners"),
		rulebookNamed(t, "small/any-owners"), rulebookNamed(t, "small/two-owners"),
	}
	all := []account.Command{account.AcceptInvitation{}, account.Leave{}}
	for _, u := range three {
		all = append(all, account.RemoveUser{User: u}, account.TransferOwnership{To: u},
			account.SetStatus{User: u, Status: usher.Active}, account.SetStatus{User: u, Status: usher.Inactive},
			account.AddUser{User: u}, account.AddUser{User: u, Role: "owner", Status: usher.Invited})
		for _, r := range []role.Name{"owner", "member"} {
			all = append(all, account.SetRole{User: u, Role: r})
		}
	}
	var seen counts
	host := question{actor: account.AsHost("start"), time: noon}
	var queue []*reachedAccount
	reached := map[string]bool{}
	for _, book := range books {
		first := begin(t, book, host, account.CreateAccount{Owner: "ann"})
		if !reached[first.key] {
			reached[first.key] = true
			queue = append(queue, first)
		}
	}
	fits, before := map[*rulebook]map[string]bool{}, map[*rulebook]map[string][]string{} // under a policy, by the host
	for _, book := range books {
		fits[book], before[book] = map[string]bool{}, map[string][]string{}
	}
	transitions, owned := 0, 0
	for ; len(queue) > 0; queue = queue[1:] {
		from := queue[0]
		if from.model.owned {
			owned++
		}
		for _, book := range books {
			model := from.model.clone()
			model.book, model.swapped = book, true
			at := &reachedAccount{state: from.state, model: model, key: from.key, from: from.from, by: from.by}
			require.Empty(t, disagreements(at.state, at.model), "%sunder %s", at.way(), book.name)
			fits[book][at.key] = model.fits()
			for _, actor := range byThree {
				for _, c := range all {
					transitions++
					next, problem := at.try(question{actor: actor, time: noon}, &seen, c)
					if problem != "" {
						require.FailNow(t, problem, "%s%sunder %s", at.way(), next.by, book.name)
					}
					if next.model == nil {
						continue
					}
					if actor.Host() != "" {
						before[book][next.key] = append(before[book][next.key], at.key)
					}
					if !reached[next.key] {
						reached[next.key] = true
						queue = append(queue, next)
					}
				}
			}
		}
	}
	t.Logf("%d accounts, %d of them with an owner, %d transitions\n%v", len(reached), owned, transitions, &seen)
	for _, book := range books {
		unfit := 0
		for key := range reached {
			if !fits[book][key] {
				unfit++
			}
		}
		assert.Equal(t, book.name != "small/any-owners", unfit > 0, "accounts that do not fit %s", book.name)
		assert.Empty(t, beyondRepair(reached, fits[book], before[book]), "accounts that the host cannot make fit %s", book.name)
	}
	for _, code := range []account.Code{account.CodeUniqueRole, account.CodeLastHolder, account.CodeUnknownRole, account.CodeInactive} {
		assert.Positive(t, seen.total(code.String()), code)
	}
	assert.Positive(t, seen.total("undecided"))
}

// beyondRepair returns the accounts from which no commands lead to one that fits.
func beyondRepair(all, fits map[string]bool, before map[string][]string) (stuck []string) {
	repaired := map[string]bool{}
	var queue []string
	add := func(key string) {
		if !repaired[key] {
			repaired[key] = true
			queue = append(queue, key)
		}
	}
	for key := range all {
		if fits[key] {
			add(key)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, key := range before[queue[0]] {
			add(key)
		}
	}
	for key := range all {
		if !repaired[key] {
			stuck = append(stuck, key)
		}
	}
	return stuck
}
