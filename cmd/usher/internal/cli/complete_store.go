package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policytest"
	"github.com/usher-go/usher/store/boltstore"
)

// completeAnyFile leaves files to the shell: a store has no name of its own kind.
func completeAnyFile(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveDefault
}

// completer returns the words that a flag may have, for the arguments so far.
type completer func(args []string) []string

func complete(c *cobra.Command, flag string, words completer) {
	// The error is for a flag that the command lacks, which each run would show.
	_ = c.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return words(args), cobra.ShellCompDirectiveNoFileComp
	})
}

// lookAt shows a store to somebody who completes a word: nobody waits for that, and
// where it does not work there is nothing to complete.
func lookAt(args []string, look func(ctx context.Context, s *boltstore.Store)) {
	if len(args) == 0 || !isStore(args[0]) {
		return
	}
	s, err := boltstore.Open(args[0], boltstore.Options{ReadOnly: true, Wait: -1})
	if err != nil {
		return
	}
	defer s.Close()
	look(context.Background(), s)
}

func storeAccounts(args []string) (ids []string) {
	lookAt(args, func(ctx context.Context, s *boltstore.Store) { ids, _ = accountsOf(ctx, s) })
	return ids
}

// stateOf returns an account of a store, an empty one where that does not work.
func stateOf(args []string, id string) account.View {
	state := account.New("")
	lookAt(args, func(ctx context.Context, s *boltstore.Store) {
		if read, err := lastState(ctx, s, usher.AccountID(id)); err == nil {
			state = read
		}
	})
	return state.View(nil)
}

func storeUsers(args []string, id string) (ids []string) {
	for m := range stateOf(args, id).Users("") {
		if ids = append(ids, string(m.ID)); len(ids) == mostListed {
			break
		}
	}
	return ids
}

func (r *run) completeLog(c *cobra.Command, q *logQuery) {
	users := func(args []string) []string { return storeUsers(args, q.account) }
	complete(c, "account", storeAccounts)
	complete(c, "by", users)
	complete(c, "user", users)
}

func (r *run) completeDo(c *cobra.Command, d *deed) {
	complete(c, "account", storeAccounts)
	complete(c, "as", func(args []string) []string { return storeUsers(args, d.account) })
	_ = c.RegisterFlagCompletionFunc("policy", completePolicies)
	_ = c.RegisterFlagCompletionFunc("file", completeFiles)
	c.ValidArgsFunction = func(_ *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return r.commandWords(d, args, word)
	}
}

// commandWords completes the name of a command, the keys of its arguments, or a
// value.
func (r *run) commandWords(d *deed, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	words := args[1:]
	for {
		i := slices.Index(words, between)
		if i < 0 {
			break
		}
		words = words[i+1:]
	}
	if len(words) == 0 {
		var names []string
		for _, f := range policytest.CommandForms() {
			names = append(names, f.Name)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	form, _ := formOf(words[0])
	key, _, valued := strings.Cut(word, "=")
	if !valued {
		return openKeys(form, words[1:]), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	var list []string
	for _, value := range r.valuesOf(d, args, form.Name, key) {
		list = append(list, key+"="+value)
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}

// openKeys returns the keys that a command still needs or may have.
func openKeys(form policytest.CommandForm, given []string) (keys []string) {
	for _, key := range slices.Concat(form.Needs, form.May) {
		if key == "seats" {
			key = "seats."
		} else {
			key += "="
		}
		if !slices.ContainsFunc(given, func(word string) bool { return key != "seats." && strings.HasPrefix(word, key) }) {
			keys = append(keys, key)
		}
	}
	return keys
}

// valuesOf returns what an argument of a command may be.
func (r *run) valuesOf(d *deed, args []string, command, key string) []string {
	switch key {
	case "user", "owner", "to":
		return storeUsers(args, d.account)
	case "team", "parent", "teams":
		var ids []string
		for t := range stateOf(args, d.account).Teams("") {
			ids = append(ids, string(t.ID))
		}
		return ids
	case "field", "before":
		var names []string
		for _, f := range stateOf(args, d.account).Fields(true) {
			names = append(names, f.Name)
		}
		return names
	}
	if _, choice, _ := strings.Cut(argumentText(command, key), "="); strings.Contains(choice, "|") {
		return strings.Split(choice, "|")
	}
	return policyWords(r.policyNamed(d.policy), command, key)
}

// policyWords returns the names of a policy that an argument may be.
func policyWords(p *policy.Policy, command, key string) (names []string) {
	switch key {
	case "role":
		onTeam := command == "set-team-role" || command == "unset-team-role"
		for _, role := range p.Roles() {
			if role.OnTeam == onTeam {
				names = append(names, string(role.Name))
			}
		}
	case "pool":
		for _, kind := range p.Pools() {
			names = append(names, string(kind.Name))
		}
	case "setting":
		return p.Settings()
	case "grant":
		return p.Grantable()
	}
	return names
}
