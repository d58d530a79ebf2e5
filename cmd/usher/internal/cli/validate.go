package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
)

const validateHelp = `Validate checks policy files and prints problems with their lines and columns.
Problems of form hide some problems of names, which it prints once the form is
right. A warning is about something valid that looks like a mistake. For a valid
policy it lists the commands that only the host application can run, because no
rule of the policy gives their permission to a user. The host can still give a
single user the permission by a grant, except for create-account and import.

A file with the key "policy" is a test file: its names are checked against its
policy, and its tests are not run.`

func (r *run) validateCommand() *cobra.Command {
	c := command("validate FILE...", "Check policy files", validateHelp, "  usher validate --strict policies/*.yaml")
	strict := c.Flags().Bool("strict", false, "treat warnings as errors")
	c.Args = files
	c.ValidArgsFunction = completePolicies
	c.RunE = func(_ *cobra.Command, args []string) error { return r.validate(args, *strict) }
	return c
}

// validated is the result for one file.
type validated struct {
	File     string           `json:"file"`
	Valid    bool             `json:"valid"`
	Policy   *validatedPolicy `json:"policy,omitempty"` // of a valid policy file
	Test     *validatedTest   `json:"test,omitempty"`   // of a valid test file
	Problems []problem        `json:"problems"`

	code int
}

type validatedPolicy struct {
	Name        string `json:"name"`
	Title       string `json:"title"`
	Digest      string `json:"digest"`
	Roles       int    `json:"roles"`
	Permissions int    `json:"permissions"`
	Rules       int    `json:"rules"`

	Custom   *customJSON   `json:"custom_roles,omitempty"` // if accounts can define roles
	HostOnly []hostCommand `json:"host_only"`
}

// hostCommand is a command that only the host can run.
type hostCommand struct {
	Command    string `json:"command"`
	Permission string `json:"permission,omitempty"` // the permission that a rule could give; none for commands that users can never run
	Setting    string `json:"setting,omitempty"`    // of change-setting: the setting that is meant, if not all are
	Never      bool   `json:"never,omitempty"`      // the host cannot run it either
}

type validatedTest struct {
	Policy    string `json:"policy"`
	Users     int    `json:"users"`
	Checks    int    `json:"checks"`
	Scenarios int    `json:"scenarios"`
}

func (r *run) validate(args []string, strict bool) error {
	code := exitFine
	reported := map[problem]bool{} // a policy may be an argument and the policy of a test file
	all := []validated{}
	for _, arg := range args {
		v := r.validateFile(arg, strict)
		all = append(all, v)
		code = max(code, v.code)
		if r.json() {
			continue
		}
		for _, p := range v.Problems {
			if !reported[p] {
				r.stderr.problem(p)
			}
			reported[p] = true
		}
		if v.Valid {
			r.stdout.line("%s: %s (%s)", printable.Text(v.File), r.stdout.paint(green, "ok"), v.what())
			if v.Policy != nil {
				if c := v.Policy.Custom; c != nil {
					r.stdout.line("  an account can define %s like %s, from %s", count(c.AtMost, "role"), strings.Join(c.Like, " or "), count(c.Offers, "offered rule"))
				}
				isNever := func(c hostCommand) bool { return c.Never }
				r.stdout.line("  only the host can run: %s", hostOnlyText(slices.DeleteFunc(slices.Clone(v.Policy.HostOnly), isNever)))
				if slices.ContainsFunc(v.Policy.HostOnly, isNever) {
					r.stdout.line("  never possible, because no role is unique: transfer-ownership")
				}
			}
		}
	}
	if r.json() {
		if err := r.stdout.json(struct {
			Valid bool        `json:"valid"`
			Files []validated `json:"files"`
		}{code == exitFine, all}); err != nil {
			return err
		}
	}
	return exitWith(code)
}

func (r *run) validateFile(arg string, strict bool) validated {
	v := validated{File: arg, Problems: []problem{}}
	in, err := r.openPolicy(arg)
	if err == nil {
		v.File = in.asked
		if in.isTest() {
			v.Test, err = in.checkTest()
		} else {
			v.Policy, v.Problems, err = in.checkPolicy()
		}
	}
	if err != nil {
		v.Problems, v.code = problemsOf(arg, err)
		return v
	}
	if strict && len(v.Problems) > 0 {
		v.code = exitInvalid
	}
	v.Valid = v.code == exitFine
	return v
}

func (in input) checkTest() (*validatedTest, error) {
	suite, err := in.suite()
	if err != nil {
		return nil, err
	}
	f := suite.File()
	return &validatedTest{
		Policy: f.Policy.Text, Users: len(f.Account.Users), Checks: len(f.Checks), Scenarios: len(f.Scenarios),
	}, nil
}

// checkPolicy returns the warnings as problems. With an error, the problems are nil.
func (in input) checkPolicy() (*validatedPolicy, []problem, error) {
	p, err := policyfile.Load(in.name, in.src)
	if err != nil {
		return nil, nil, err
	}
	doc, err := policyfile.Parse(in.name, in.src) // to count the permissions that the file itself declares
	if err != nil {
		return nil, nil, err
	}
	permissions := 0
	for _, res := range doc.Resources {
		permissions += len(res.Permissions)
	}
	return &validatedPolicy{
		Name: p.Name(), Title: p.Title(), Digest: p.Digest(),
		Roles: len(p.Roles()), Permissions: permissions, Rules: len(p.Rules()),
		Custom: customOf(p), HostOnly: hostOnly(p),
	}, problems(p.Warnings(), severityWarning), nil
}

func (v validated) what() string {
	if t := v.Test; t != nil {
		return fmt.Sprintf("tests of %s: %s, %s, %s",
			printable.Text(t.Policy), count(t.Users, "user"), count(t.Checks, "check"), count(t.Scenarios, "scenario"))
	}
	p := v.Policy
	return fmt.Sprintf("%s, %s, %s", count(p.Roles, "role"), count(p.Permissions, "permission"), count(p.Rules, "rule"))
}

func hostOnly(p *policy.Policy) []hostCommand {
	list := []hostCommand{}
	for _, c := range account.HostOnly(p) {
		list = append(list, hostCommand{Command: c.Name, Permission: c.Permission.String(), Setting: c.Setting, Never: c.Never})
	}
	return list
}

// hostOnlyText returns "create-account, import; add-to-team, remove-from-team
// (team.set-members); set-seats (seat.purchase)".
func hostOnlyText(list []hostCommand) string {
	var b strings.Builder
	for i, c := range list {
		switch {
		case i == 0:
		case c.Permission == list[i-1].Permission:
			b.WriteString(", ")
		default:
			b.WriteString("; ")
		}
		b.WriteString(strings.TrimSuffix(c.Command+" "+c.Setting, " "))
		if c.Permission != "" && (i+1 == len(list) || list[i+1].Permission != c.Permission) {
			b.WriteString(" (" + c.Permission + ")")
		}
	}
	return b.String()
}
