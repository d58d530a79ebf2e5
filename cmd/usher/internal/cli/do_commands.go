package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/policytest"
)

// between stands between two commands.
const between = "and"

// commandsOf reads the commands of the command line, or of a file.
func (r *run) commandsOf(d *deed) ([]account.Command, error) {
	if d.file != "" {
		return r.commandsIn(d.file)
	}
	var list []account.Command
	for rest := d.words; rest != nil; {
		words := rest
		if i := slices.Index(rest, between); i >= 0 {
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
	written, err := policytest.ParseCommands(in.name, in.src)
	if err != nil {
		return nil, r.refuse(file, err)
	}
	list := make([]account.Command, len(written))
	for i := range written {
		list[i] = written[i].Command()
	}
	return list, nil
}

// commandOf reads one command. An error is a sentence for each word that is wrong,
// and how the command is written.
func commandOf(words []string) (account.Command, error) {
	if len(words) == 0 {
		return nil, wrongUsage("a command is missing beside the word %q, which stands between two commands", between)
	}
	for _, word := range words[1:] {
		if _, ok := formOf(word); ok {
			return nil, wrongUsage("write %q before %s, where another command begins", between, word)
		}
	}
	written, err := policytest.ParseCommand(words...)
	var wrong *syntax.Problems
	switch {
	case err == nil:
		return written.Command(), nil
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
	if form, ok := formOf(words[0]); ok {
		lines = append(lines, "it is written "+formText(form))
	}
	return nil, wrongUsages(lines)
}

func formOf(name string) (policytest.CommandForm, bool) {
	forms := policytest.CommandForms()
	i := slices.IndexFunc(forms, func(f policytest.CommandForm) bool { return f.Name == name })
	if i < 0 {
		return policytest.CommandForm{}, false
	}
	return forms[i], true
}

// formText writes how a command is written: add-user user=USER [role=ROLE].
func formText(f policytest.CommandForm) string {
	text := f.Name
	for _, key := range f.Needs {
		text += " " + argumentText(f.Name, key)
	}
	for _, key := range f.May {
		text += " [" + argumentText(f.Name, key) + "]"
	}
	return text
}

func argumentText(command, key string) string {
	switch key + " of " + command {
	case "status of add-user":
		return "status=active|invited"
	case "status of set-status":
		return "status=active|inactive"
	case "value of change-setting":
		return "value=true|false"
	case "to of rename-field":
		return "to=NAME"
	}
	switch key {
	case "owner", "to":
		return key + "=USER"
	case "parent":
		return "parent=TEAM"
	case "before":
		return "before=FIELD"
	case "teams":
		return "teams=TEAM,..."
	case "seats":
		return "seats.POOL=NUMBER..."
	case "total":
		return "total=NUMBER"
	case "until":
		return "until=TIME"
	case "type":
		return "type=text|number|date|bool"
	default:
		return key + "=" + strings.ToUpper(key)
	}
}

// commandForms lists all commands for the help text.
func commandForms() string {
	var lines []string
	for _, f := range policytest.CommandForms() {
		lines = append(lines, "  "+formText(f))
	}
	return strings.Join(lines, "\n")
}
