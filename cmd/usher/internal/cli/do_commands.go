package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy/syntax"
)

// separator is the word between two commands.
const separator = "and"

// commandsOf returns the commands of the command line or of --file.
func (r *run) commandsOf(d *doFlags) ([]account.Command, error) {
	if d.file != "" {
		return r.commandsIn(d.file)
	}
	var list []account.Command
	for rest := d.words; rest != nil; {
		words := rest
		if i := slices.Index(rest, separator); i >= 0 {
			words, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		c, err := commandOf(words)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

func (r *run) commandsIn(file string) ([]account.Command, error) {
	in, err := r.open(file)
	if err != nil {
		return nil, r.refuse(file, err)
	}
	list, err := testfile.ParseCommands(in.name, in.src)
	if err != nil {
		return nil, r.refuse(file, err)
	}
	return list, nil
}

// commandOf parses one command. The error is a usageError with a line for each wrong
// word and the usage of the command.
func commandOf(words []string) (account.Command, error) {
	if len(words) == 0 {
		return nil, wrongUsage("a command is missing before or after the word %q, which separates two commands", separator)
	}
	for _, word := range words[1:] {
		if _, ok := testfile.FindCommand(word); ok {
			return nil, wrongUsage("write %q before %s to begin another command", separator, word)
		}
	}
	c, err := testfile.ParseCommand(words...)
	var wrong *syntax.Problems
	switch {
	case err == nil:
		return c, nil
	case !errors.As(err, &wrong):
		return nil, err
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
	return nil, wrongUsages(lines)
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
	case arg.Kind == "teams":
		value = "TEAM,..."
	case arg.Kind == "team-role" || arg.Kind == "role-beside":
		value = "ROLE"
	case arg.Kind == "count":
		value = "NUMBER"
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
