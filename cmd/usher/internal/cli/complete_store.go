package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store"
)

// completeStoreArg completes any file as the first argument, because a store can have any
// name.
func completeStoreArg(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveDefault
}

// completer returns the possible values of a flag, given the arguments so far.
type completer func(args []string) []string

func complete(c *cobra.Command, flag string, words completer) {
	// It fails only if the command does not have the flag.
	_ = c.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return words(args), cobra.ShellCompDirectiveNoFileComp
	})
}

// withStore calls a function with the store in the arguments. It does not wait for a store
// that is in use, and does nothing if the store cannot be opened: then there is nothing to
// complete.
func (r *run) withStore(args []string, look func(ctx context.Context, s store.Store)) {
	args = r.withStoreFlag(args)
	if len(args) == 0 || !isStore(r.original(args[0])) {
		return
	}
	ctx := context.Background()
	s, err := r.openStore(ctx, args[0], glances)
	if err != nil {
		return
	}
	defer s.close()
	look(ctx, s.Store)
}

func (r *run) storeAccounts(args []string) (ids []string) {
	r.withStore(args, func(ctx context.Context, s store.Store) { ids, _ = accountsOf(ctx, s) })
	return ids
}

// stateOf returns an account of a store, an empty one if it cannot be read.
func (r *run) stateOf(args []string, id string) account.View {
	state := account.New("")
	r.withStore(args, func(ctx context.Context, s store.Store) {
		if read, err := lastState(ctx, s, usher.AccountID(id)); err == nil {
			state = read
		}
	})
	return state.View(nil)
}

func (r *run) storeUsers(args []string, id string) (ids []string) {
	for m := range r.stateOf(args, id).Users("") {
		if ids = append(ids, string(m.ID)); len(ids) == maxListed {
			break
		}
	}
	return ids
}

func (r *run) completeLog(c *cobra.Command, q *logQuery) {
	users := func(args []string) []string { return r.storeUsers(args, q.account) }
	complete(c, "account", r.storeAccounts)
	complete(c, "by", users)
	complete(c, "user", users)
}

func (r *run) completeDo(c *cobra.Command, d *doFlags) {
	complete(c, "account", r.storeAccounts)
	complete(c, "as", func(args []string) []string { return r.storeUsers(args, d.account) })
	_ = c.RegisterFlagCompletionFunc("policy", completePolicies)
	_ = c.RegisterFlagCompletionFunc("file", completeFiles)
	c.ValidArgsFunction = func(_ *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return r.commandWords(d, args, word)
	}
}

// commandWords completes the name of a command, the key of an argument, or its value.
func (r *run) commandWords(d *doFlags, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	words := args[1:]
	for {
		i := slices.Index(words, separator)
		if i < 0 {
			break
		}
		words = words[i+1:]
	}
	if len(words) == 0 {
		var names []string
		for _, t := range testfile.CommandTypes() {
			names = append(names, t.Name)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	t, _ := testfile.FindCommand(words[0])
	key, _, valued := strings.Cut(word, "=")
	if !valued {
		return remainingKeys(t, words[1:]), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	var list []string
	for _, arg := range t.Args {
		if arg.Name == key {
			for _, value := range r.valuesOf(d, args, arg) {
				list = append(list, key+"="+value)
			}
		}
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}

// remainingKeys returns the keys of a command that are not given yet.
func remainingKeys(t account.CommandType, given []string) (keys []string) {
	for _, arg := range t.Args {
		key := arg.Name + "="
		many := arg.Kind == "seats" || arg.Kind == "gives"
		if many {
			key = arg.Name + "." // may be given once for each pool or permission
		}
		if many || !slices.ContainsFunc(given, func(word string) bool { return strings.HasPrefix(word, key) }) {
			keys = append(keys, key)
		}
	}
	return keys
}

// valuesOf returns the known possible values of an argument.
func (r *run) valuesOf(d *doFlags, args []string, arg account.Arg) (values []string) {
	if arg.Choices != nil {
		return arg.Choices
	}
	switch arg.Kind {
	case "user":
		return r.storeUsers(args, d.account)
	case "team", "teams":
		for t := range r.stateOf(args, d.account).Teams("") {
			values = append(values, string(t.ID))
		}
	case "custom-role":
		for _, c := range r.stateOf(args, d.account).State().CustomRoles() {
			values = append(values, string(c.Name))
		}
	case "role", "role-beside", "team-role", "any-role":
		return policyWords(r.stateOf(args, d.account).State().Policy(r.policyNamed(d.policy)), arg.Kind)
	case "field":
		for _, f := range r.stateOf(args, d.account).Fields(true) {
			values = append(values, f.Name)
		}
	default:
		return policyWords(r.policyNamed(d.policy), arg.Kind)
	}
	return values
}

// policyWords returns the names in a policy that an argument of a kind can have.
func policyWords(p *policy.Policy, kind string) (names []string) {
	switch kind {
	case "role", "role-beside", "team-role":
		for _, role := range p.Roles() {
			if role.OnResource == "" && role.OnTeam == (kind == "team-role") && role.Beside == (kind == "role-beside") {
				names = append(names, string(role.Name))
			}
		}
	case "any-role":
		for _, role := range p.Roles() {
			names = append(names, string(role.Name))
		}
	case "pool":
		for _, pool := range p.Pools() {
			names = append(names, string(pool.Name))
		}
	case "setting":
		return p.Settings()
	case "grant":
		return p.Grantable()
	}
	return names
}
