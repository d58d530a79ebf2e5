package cli

import (
	"maps"
	"regexp"
	"slices"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/policy/syntax"
)

const explainHelp = `Explain shows one decision for a user of the account in a test file, or of an account
in a store. It prints the decision, the rule that decided with its file and line, and
for a denial what would help.

With --type and without --can, it lists what the user may do on a resource of that
type. Without both, it lists all entitlements of the user. With --visitor instead of
--as, it is about a caller who is not logged in. The exit code is 0 for denials, too.

A store contains many accounts and no policy, so it needs --account and --policy. In
a store, --at 17 uses version 17 of the account. The decision is made for the current
time, unless a second --at gives a time.`

const explainExample = `  usher explain tests.yaml --as mia --can calendar.edit --resource host=mia --resource host=max
  usher explain tests.yaml --as mia --type calendar --resource host=mia
  usher explain tests.yaml --as mia
  usher explain tests.yaml --visitor --can calendar.view --resource public=true
  usher explain usher.db --account acme --policy oncehub --as mia --can calendar.edit --at 17`

func (r *run) explainCommand() *cobra.Command {
	c := command("explain TESTFILE|STORE --as USER|--visitor", "Explain why a user is allowed or denied", explainHelp, explainExample)
	var q question
	flags := c.Flags()
	flags.StringVar(&q.by, "by", "", "the `USER` who acts on behalf of --as; both must be allowed")
	flags.StringVar(&q.as, "as", "", "the `USER` (subject) of the request")
	flags.BoolVar(&q.visitor, "visitor", false, "instead of --as: a caller who is not logged in")
	flags.StringVar(&q.can, "can", "", "the `PERMISSION` or bundle to explain")
	flags.StringVar(&q.kind, "type", "", "the `TYPE` of the resource, if --can does not determine it")
	flags.StringArrayVar(&q.resource, "resource", nil, "a `FACT` of the resource: host=mia, account-wide=true, editor.teams=sales, or in.host=mia of what contains it; may be repeated")
	flags.StringArrayVar(&q.with, "with", nil, "a `FACT` of the request: mfa=true; may be repeated")
	flags.StringVar(&q.gives, "gives", "", "the `ROLE` that the command of the request gives, or - if it gives none")
	flags.StringArrayVar(&q.whens, "at", nil, "the `TIME`: 2026-03-01, or 2026-03-01T15:04:05Z (default: the time of the test file; for a store, now); for a store also a version")
	flags.StringVar(&q.account, "account", "", "for a store: the `ACCOUNT`")
	flags.StringVar(&q.policy, "policy", "", "for a store: the `POLICY` of the service, a file or a preset")
	r.acceptArchive(c, "for a store: "+archiveUsage)
	c.Args = oneFile
	c.ValidArgsFunction = completeStoreArg
	r.completeQuestion(c, &q)
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := q.when(); err != nil {
			return err
		}
		s, err := r.openTarget(c.Context(), "explain", args[0], &q)
		if err != nil {
			return err
		}
		return r.explain(s, q)
	}
	r.acceptStoreFlag(c)
	return c
}

var isVersion = regexp.MustCompile(`^[0-9]+$`)

// when sorts the values of --at into a time and a version. Each may be given once.
func (q *question) when() error {
	for _, text := range q.whens {
		into, what := &q.at, "times"
		if isVersion.MatchString(text) {
			into, what = &q.version, "versions"
		}
		if *into != "" {
			return wrongUsage("--at %s: two %s are given; give one", text, what)
		}
		*into = text
	}
	return nil
}

func (r *run) explain(s *target, q question) error {
	switch {
	case q.as != "" && q.visitor:
		return wrongUsage("--as and --visitor are mutually exclusive: a visitor is not a user")
	case q.visitor && q.can == "" && q.kind == "":
		return wrongUsage("explain --visitor needs --can PERMISSION or --type TYPE; usher matrix lists the rules of visitors")
	case q.by != "" && q.as == "":
		return wrongUsage("--by needs --as USER, on whose behalf %s acts", printable.Word(q.by))
	case q.by != "" && q.can == "" && q.kind == "":
		return wrongUsage("explain --by needs --can PERMISSION or --type TYPE")
	case q.as == "" && !q.visitor:
		return wrongUsage("explain needs a user: --as USER, or --visitor for a caller who is not logged in; %s has %s", s.name(), printable.Text(firstN(s.users(), "no users")))
	}
	request, err := q.request(s)
	if err != nil {
		return err
	}
	r.warnUnknownIDs(s, request)
	switch {
	case q.can != "":
		return r.explainDecision(s, request)
	case q.kind != "":
		return r.explainActions(s, request)
	default:
		return r.explainSummary(s, request)
	}
}

// warnUnknownIDs points at ids that the account does not have: a question about
// them has an answer, and yet is rarely meant.
func (r *run) warnUnknownIDs(s *target, request usher.Request) {
	reported := map[string]bool{}
	user := func(id string) {
		if !s.hasUser(id) && !reported[id] {
			reported[id] = true
			r.warnUnknownID("user", id, s.users())
		}
	}
	if !request.Visitor {
		user(string(request.Subject))
	}
	if request.By != "" {
		user(string(request.By))
	}
	team := func(id string) {
		if teams := s.teams(); !slices.Contains(teams, id) {
			r.warnUnknownID("team", id, teams)
		}
	}
	for object, _ := request.Resource.(*usher.Object); object != nil; object, _ = object.In.(*usher.Object) {
		parties := s.policy.Parties(object.Type)
		for _, name := range slices.Sorted(maps.Keys(object.Parties)) {
			for _, id := range object.Parties[name] {
				if parties[name] == syntax.OfTeams {
					team(id)
				} else {
					user(id)
				}
			}
		}
		for _, name := range slices.Sorted(maps.Keys(object.Teams)) {
			for _, id := range object.Teams[name] {
				team(id)
			}
		}
	}
}

func (r *run) warnUnknownID(what, id string, known []string) {
	r.stderr.line("usher: the account has no %s %q%s", what, id, printable.Text(suggest.DidYouMean(id, known)))
}
