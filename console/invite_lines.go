package console

import (
	"errors"
	"slices"
	"sort"
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
	if v.options.IDs == nil || !v.mayAny(userCreate) { // the engine denies it; the host is not asked for others
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
// possible without the others. If all are possible only on their own, such as with too few seats,
// the first ones are possible.
func (v *viewer) inviteLines(f form) (lines []inviteLine, rest string, err error) {
	until, err := v.endOfInvitation(f)
	var list []invitee
	if err == nil {
		list, err = v.invitees(f)
	}
	var input *inputError // the end, or a long list
	if errors.As(err, &input) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	var possible []int // lines, and for each of them its commands
	var commands [][]account.Command
	for n, i := range list {
		line := inviteLine{Entry: i.Entry, Text: v.text.plain("invitations.unknown")}
		if i.ID != "" {
			own := f.invitation(i.ID, until)
			err := v.try(own...)
			line.OK = err == nil
			line.Text = v.lineText(err)
			if line.OK {
				possible, commands = append(possible, n), append(commands, own)
			}
		}
		lines = append(lines, line)
	}
	fits := sort.Search(len(possible), func(n int) bool { return !v.mayRun(slices.Concat(commands[:n+1]...)...) })
	if fits < len(possible) { // seats run out with the next line
		text := v.lineText(v.try(slices.Concat(commands[:fits+1]...)...))
		for _, n := range possible[fits:] {
			lines[n].OK, lines[n].Text = false, text
		}
	}
	if fits == len(lines) {
		return lines, "", nil
	}
	var entries []string
	for _, n := range possible[:fits] {
		entries = append(entries, lines[n].Entry)
	}
	return lines, strings.Join(entries, "\n"), nil
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
