package console

import (
	"errors"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
)

// invitee is a user in a pasted list.
type invitee struct {
	Entry string       // what the viewer pasted
	ID    usher.UserID // "" if the host does not know the entry
}

// inviteLine is the result for an entry of a pasted list.
type inviteLine struct {
	Entry string
	OK    bool
	Text  string
}

// invitees returns the users of the pasted list in a form, each once. It returns an *inputError
// for a list that is longer than a batch can be.
func (v *viewer) invitees(f form) (list []invitee, err error) {
	entries := splitEntries(strings.Join(f.values["user"], "\n"))
	if most := account.MaxCommands / (1 + len(f.list("pool"))); len(entries) > most {
		return nil, &inputError{Field: "user", Key: "invitations.too-many", Pairs: []any{"max", most}}
	}
	ids := map[string]usher.UserID{}
	if v.options.IDs == nil {
		for _, e := range entries {
			ids[e] = usher.UserID(e)
		}
	} else if ids, err = v.options.IDs(v.ctx, v.subject.Account, entries); err != nil {
		return nil, printable.Errorf("Options.IDs: %w", err)
	}
	seen := map[usher.UserID]bool{}
	for _, e := range entries {
		if id := ids[e]; id == "" || !seen[id] {
			seen[id] = true
			list = append(list, invitee{e, id})
		}
	}
	return list, nil
}

// splitEntries returns the entries of a pasted list, each once: one on each line. Several e-mail
// addresses on a line may be separated by commas or semicolons, and have names: "Mia <mia@a.example>".
func splitEntries(text string) (list []string) {
	seen := map[string]bool{"": true}
	add := func(entry string) {
		entry = strings.TrimSpace(entry)
		if before, ok := strings.CutSuffix(entry, ">"); ok {
			if _, address, ok := strings.Cut(before, "<"); ok && strings.Contains(address, "@") {
				entry = strings.TrimSpace(address)
			}
		}
		if !seen[entry] {
			seen[entry] = true
			list = append(list, entry)
		}
	}
	for line := range strings.Lines(text) {
		parts := strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ';' || r == '\n' || r == '\r' })
		parts = slices.DeleteFunc(parts, func(p string) bool { return strings.TrimSpace(p) == "" })
		if slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(p, "@") }) {
			parts = []string{line} // an id may contain a comma
		}
		for _, p := range parts {
			add(p)
		}
	}
	return list
}

// inviteLines returns the result for each line of a rejected form, and the lines that are
// possible without the others.
func (v *viewer) inviteLines(f form) (lines []inviteLine, rest string, err error) {
	list, err := v.invitees(f)
	var long *inputError
	if errors.As(err, &long) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	var possible []string
	var commands []account.Command
	for _, i := range list {
		line := inviteLine{Entry: i.Entry, Text: v.text.plain("invitations.unknown")}
		if i.ID != "" {
			own := f.invitation(i.ID)
			err := v.try(own...)
			line.OK = err == nil
			line.Text = v.lineText(err)
			if line.OK {
				possible, commands = append(possible, i.Entry), append(commands, own...)
			}
		}
		lines = append(lines, line)
	}
	if len(possible) == 0 || len(possible) == len(lines) || !v.mayRun(commands...) {
		return lines, "", nil
	}
	return lines, strings.Join(possible, "\n"), nil
}

// lineText returns the result for a line whose commands the engine accepts or rejects.
func (v *viewer) lineText(err error) string {
	refusal := asRefusal(err)
	switch {
	case err == nil:
		return v.text.plain("invitations.possible")
	case refusal == nil:
		return v.text.plain("problem.mismatch")
	}
	return v.refusalText(refusal)
}
