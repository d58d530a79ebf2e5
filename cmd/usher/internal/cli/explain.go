package cli

import (
	"maps"
	"regexp"
	"slices"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
)

const explainHelp = `Explain asks a question about the account of a test file, or about one in a store,
and says why the answer is what it is: which rule, in which line; and for a denial
what would turn it.

Without --can it lists all that the user may do on a resource of a --type, and
without that all that the user holds. It exits with 0 whatever the answer is.

A store holds no policy, and many accounts: --policy and --account say which. There
--at 17 asks about the account as it was at version 17; the question is asked as of
now, unless a second --at gives a time.`

const explainExample = `  usher explain tests.yaml --as mia --can calendar.edit --resource host=mia --resource host=max
  usher explain tests.yaml --as mia --type calendar --resource host=mia
  usher explain tests.yaml --as mia
  usher explain usher.db --account acme --policy oncehub --as mia --can calendar.edit --at 17`

func (r *run) explainCommand() *cobra.Command {
	c := command("explain TESTFILE|STORE --as USER", "Say why somebody may, or may not", explainHelp, explainExample)
	var q question
	flags := c.Flags()
	flags.StringVar(&q.as, "as", "", "the `USER` who asks")
	flags.StringVar(&q.can, "can", "", "the `PERMISSION` or bundle that is asked for")
	flags.StringVar(&q.kind, "type", "", "the `TYPE` of the resource, where --can does not say it")
	flags.StringArrayVar(&q.resource, "resource", nil, "a `FACT` of the resource: host=mia, or account-wide=true; may be repeated")
	flags.StringArrayVar(&q.with, "with", nil, "a `FACT` of the request: mfa=true; may be repeated")
	flags.StringArrayVar(&q.whens, "at", nil, "the `TIME`: 2026-03-01, or 2026-03-01T15:04:05Z (default: the file's, in a store now); in a store also a version")
	flags.StringVar(&q.account, "account", "", "in a store: the `ACCOUNT`")
	flags.StringVar(&q.policy, "policy", "", "in a store: the `POLICY` that decides, a file or a preset")
	c.Args = oneFile
	c.ValidArgsFunction = completeAnyFile
	r.completeQuestion(c, &q)
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := q.when(); err != nil {
			return err
		}
		s, err := r.openTarget(c.Context(), args[0], &q)
		if err != nil {
			return err
		}
		return r.explain(s, q)
	}
	return c
}

var isVersion = regexp.MustCompile(`^[0-9]+$`)

// when tells the values of --at apart: a time and a version, each at most once.
func (q *question) when() error {
	for _, text := range q.whens {
		into, what := &q.at, "times"
		if isVersion.MatchString(text) {
			into, what = &q.version, "versions"
		}
		if *into != "" {
			return wrongUsage("--at %s: that makes two %s; give one", text, what)
		}
		*into = text
	}
	return nil
}

func (r *run) explain(s *target, q question) error {
	if q.as == "" {
		return wrongUsage("explain needs a user: --as USER; %s has %s", s.name(), printable.Text(firstN(s.users(), "no users")))
	}
	request, err := q.request(s)
	if err != nil {
		return err
	}
	r.noteStrangers(s, request)
	switch {
	case q.can != "":
		return r.explainDecision(s, request)
	case q.kind != "":
		return r.explainActions(s, request)
	default:
		return r.explainSummary(s, request)
	}
}

// noteStrangers points at ids that the account does not have: a question about
// them has an answer, and yet is rarely meant.
func (r *run) noteStrangers(s *target, request usher.Request) {
	told := map[string]bool{}
	user := func(id string) {
		if !s.hasUser(id) && !told[id] {
			told[id] = true
			r.noteStranger("user", id, s.users())
		}
	}
	user(string(request.Subject))
	object, _ := request.Resource.(*usher.Object)
	if object == nil {
		return
	}
	parties := s.policy.Parties(object.Type)
	for _, name := range slices.Sorted(maps.Keys(object.Parties)) {
		for _, id := range object.Parties[name] {
			if !parties[name] {
				user(id)
			} else if teams := s.teams(); !slices.Contains(teams, id) {
				r.noteStranger("team", id, teams)
			}
		}
	}
}

func (r *run) noteStranger(what, id string, known []string) {
	r.stderr.line("usher: the account has no %s %q%s", what, id, printable.Text(suggest.DidYouMean(id, known)))
}
