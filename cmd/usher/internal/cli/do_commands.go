package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
)

// separator is the word between two commands.
const separator = "and"

// commandsAndResources returns the commands of the command line or of --file, and the resources of
// --resource and those that the commands name.
func (r *run) commandsAndResources(d *doFlags) ([]account.Command, []testfile.Resource, error) {
	list, resources, err := r.commandsOf(d)
	if err != nil {
		return nil, nil, err
	}
	for _, text := range d.resource {
		named, err := resourceOf(text)
		if err != nil {
			return nil, nil, err
		}
		d.put(place{flag: text}, named)
		if resources, err = withResources(resources, []testfile.Resource{named}); err != nil {
			return nil, nil, err
		}
	}
	return list, resources, nil
}

// resourceOf parses a value of --resource. The error is a usageError.
func resourceOf(text string) (testfile.Resource, error) {
	named, err := testfile.ParseResource(text)
	var wrong *syntax.Problems
	switch {
	case err == nil:
		return named, nil
	case !errors.As(err, &wrong):
		return named, err
	}
	var lines []string
	for _, p := range wrong.List() {
		lines = append(lines, "--resource "+printable.Value(text)+": "+p.Message)
	}
	return named, wrongUsages(append(lines, "write --resource '{type: TYPE, id: ID, FACT: VALUE, ...}', as in --resource '{type: calendar, id: c1, host: mia}'"))
}

// commandsOf returns the commands of the command line or of --file, and the resources that they
// name.
func (r *run) commandsOf(d *doFlags) (list []account.Command, resources []testfile.Resource, err error) {
	if d.file != "" {
		list, resources, err = r.commandsIn(d.file)
		d.put(place{}, resources...)
		return list, resources, err
	}
	for rest := d.words; rest != nil; {
		words := rest
		if i := slices.Index(rest, separator); i >= 0 {
			words, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		c, named, err := commandOf(words)
		if err != nil {
			return nil, nil, err
		}
		list = append(list, c)
		d.put(place{words: words}, named...)
		if resources, err = withResources(resources, named); err != nil {
			return nil, nil, err
		}
	}
	return list, resources, nil
}

// place is where the facts of a resource are written: the words of a command, or a value of
// --resource. The zero place is the file of commands.
type place struct {
	words []string
	flag  string
}

// put notes where the facts of resources are written.
func (d *doFlags) put(at place, list ...testfile.Resource) {
	if d.places == nil {
		d.places = map[usher.Ref]place{}
	}
	for _, r := range list {
		if _, noted := d.places[r.On]; !noted || len(r.Facts) > 0 {
			d.places[r.On] = at
		}
	}
}

// wrongResources returns the error for resources with names that the policy does not declare, or
// with ids that are not clear, each at its place.
func (r *run) wrongResources(d *doFlags, p *policy.Policy, ids testfile.IDs) error {
	var lines []string
	inFile := &syntax.Problems{File: d.file}
	for _, named := range d.resources {
		_, err := testfile.Resources(p, []testfile.Resource{named}, ids)
		var wrong *syntax.Problems
		if !errors.As(err, &wrong) {
			continue
		}
		for _, problem := range wrong.List() {
			switch at := d.places[named.On]; {
			case at.flag != "":
				lines = append(lines, "--resource "+printable.Value(at.flag)+": "+problem.Message)
			case at.words == nil:
				inFile.Add(problem.Pos, "%s", problem.Message)
			default:
				lines = append(lines, printable.Value(at.words[problem.Pos.Line-1])+": "+problem.Message)
			}
		}
	}
	if err := inFile.Err(); err != nil && len(lines) == 0 {
		return r.refuse(d.file, err)
	}
	for _, problem := range inFile.List() {
		lines = append(lines, problem.Error())
	}
	return wrongUsages(lines)
}

// withResources adds the resources of one more command. The facts of a resource are written once.
func withResources(list, named []testfile.Resource) ([]testfile.Resource, error) {
	for _, r := range named {
		i := slices.IndexFunc(list, func(known testfile.Resource) bool { return known.On == r.On })
		switch {
		case i < 0:
			list = append(list, r)
		case len(list[i].Facts) == 0:
			list[i] = r
		case len(r.Facts) > 0:
			return nil, wrongUsage("the facts of the %s %s are written twice; write them once", r.On.Type, r.On.ID)
		}
	}
	return list, nil
}

func (r *run) commandsIn(file string) ([]account.Command, []testfile.Resource, error) {
	in, err := r.open(file)
	if err != nil {
		return nil, nil, r.refuse(file, err)
	}
	list, resources, err := testfile.ParseCommands(in.name, in.src)
	if err != nil {
		return nil, nil, r.refuse(file, err)
	}
	return list, resources, nil
}

// commandOf parses one command. The error is a usageError with a line for each wrong
// word and the usage of the command.
func commandOf(words []string) (account.Command, []testfile.Resource, error) {
	if len(words) == 0 {
		return nil, nil, wrongUsage("a command is missing before or after the word %q, which separates two commands", separator)
	}
	for _, word := range words[1:] {
		if _, ok := testfile.FindCommand(word); ok {
			return nil, nil, wrongUsage("write %q before %s to begin another command", separator, word)
		}
	}
	c, named, err := testfile.ParseCommand(words...)
	var wrong *syntax.Problems
	switch {
	case err == nil:
		return c, named, nil
	case !errors.As(err, &wrong):
		return nil, nil, err
	}
	var lines []string
	for _, p := range wrong.List() {
		if p.Pos.Line > 1 {
			p.Message = printable.Value(words[p.Pos.Line-1]) + ": " + p.Message
		}
		lines = append(lines, p.Message)
	}
	if t, ok := testfile.FindCommand(words[0]); ok {
		lines = append(lines, "usage: "+commandText(t))
	}
	return nil, nil, wrongUsages(lines)
}

// commandText returns the usage of a command: add-user user=USER [role=ROLE].
func commandText(t account.CommandType) string {
	text := t.Name
	for _, arg := range t.Args {
		if arg.Optional {
			text += " [" + argumentText(arg) + "]"
		} else {
			text += " " + argumentText(arg)
		}
	}
	return text
}

func argumentText(arg account.Arg) string {
	value := strings.ToUpper(arg.Kind)
	switch {
	case arg.Choices != nil:
		value = strings.Join(arg.Choices, "|")
	case arg.Kind == "seats":
		return arg.Name + ".POOL=NUMBER..."
	case arg.Kind == "gives":
		return arg.Name + ".PERMISSION=RULE,...|" + arg.Name + "=none"
	case arg.Kind == "teams":
		value = "TEAM,..."
	case arg.Kind == "resource":
		return arg.Name + ".type=TYPE " + arg.Name + ".id=ID [" + arg.Name + ".FACT=VALUE...]"
	case strings.HasSuffix(arg.Kind, "-role") || arg.Kind == "role-beside" || arg.Kind == "role-on":
		value = "ROLE"
	case arg.Kind == "count" || arg.Kind == "request":
		value = "NUMBER"
	case arg.Kind == "commands":
		value = "'[{do: COMMAND, ...}]'"
	}
	return arg.Name + "=" + value
}

// commandForms returns the usage of all commands, one a line.
func commandForms() string {
	var lines []string
	for _, t := range testfile.CommandTypes() {
		lines = append(lines, "  "+commandText(t))
	}
	return strings.Join(lines, "\n")
}
