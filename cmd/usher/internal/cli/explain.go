package cli

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/policytest"
)

const explainHelp = `Explain asks a question about the account of a test file, and says why the answer
is what it is: which rule, in which line; and for a denial what would turn it.

Without --can it lists all that the user may do on a resource of a --type, and
without that all that the user holds. It exits with 0 whatever the answer is.`

const explainExample = `  usher explain tests.yaml --as mia --can calendar.edit --resource host=mia --resource host=max
  usher explain tests.yaml --as mia --type calendar --resource host=mia
  usher explain tests.yaml --as mia`

func (r *run) explainCommand() *cobra.Command {
	c := command("explain TESTFILE --as USER", "Say why somebody may, or may not", explainHelp, explainExample)
	var q question
	flags := c.Flags()
	flags.StringVar(&q.as, "as", "", "the `USER` who asks")
	flags.StringVar(&q.can, "can", "", "the `PERMISSION` or bundle that is asked for")
	flags.StringVar(&q.kind, "type", "", "the `TYPE` of the resource, where --can does not say it")
	flags.StringArrayVar(&q.resource, "resource", nil, "a `FACT` of the resource: host=mia, or account-wide=true; may be repeated")
	flags.StringArrayVar(&q.with, "with", nil, "a `FACT` of the request: mfa=true; may be repeated")
	flags.StringVar(&q.at, "at", "", "the `TIME`: 2026-03-01, or 2026-03-01T15:04:05Z (default: the file's)")
	c.Args = oneFile
	c.ValidArgsFunction = completeFiles
	r.completeQuestion(c)
	c.RunE = func(_ *cobra.Command, args []string) error {
		suite, err := r.suite(args[0])
		if err != nil {
			return r.refuse(args[0], err)
		}
		return r.explain(suite, q)
	}
	return c
}

func (r *run) explain(suite *policytest.Suite, q question) error {
	if q.as == "" {
		return wrongUsage("explain needs somebody to ask as: --as USER; the account of %s has %s", suite.File().Name, someUsers(suite))
	}
	request, err := q.request(suite)
	if err != nil {
		return err
	}
	r.noteStrangers(suite, request)
	switch {
	case q.can != "":
		return r.explainDecision(suite, request)
	case q.kind != "":
		return r.explainActions(suite, request)
	default:
		return r.explainSummary(suite, request)
	}
}

// someUsers names a few users of the account.
func someUsers(suite *policytest.Suite) string {
	const few = 8
	users := suite.World().Users()
	if len(users) == 0 {
		return "no users"
	}
	names := texts(users[:min(len(users), few)])
	if len(users) > few {
		return printable(strings.Join(names, ", ")) + " and others"
	}
	return printable(andList(names))
}

// noteStrangers points at ids that the account does not have: a question about
// them has an answer, and yet is rarely meant.
func (r *run) noteStrangers(suite *policytest.Suite, request usher.Request) {
	world := suite.World()
	users := texts(world.Users())
	var teams []string
	for _, t := range suite.File().Account.Teams {
		teams = append(teams, t.ID.Text)
	}
	r.noteStranger("user", string(request.Subject), users)
	object, _ := request.Resource.(*usher.Object)
	if object == nil {
		return
	}
	parties := suite.Policy().Parties(object.Type)
	for _, name := range slices.Sorted(maps.Keys(object.Parties)) {
		for _, id := range object.Parties[name] {
			if parties[name] {
				r.noteStranger("team", id, teams)
			} else {
				r.noteStranger("user", id, users)
			}
		}
	}
}

func (r *run) noteStranger(what, id string, known []string) {
	if slices.Contains(known, id) {
		return
	}
	r.stderr.line("usher: the account has no %s %q%s", what, id, suggest.DidYouMean(id, known))
}
