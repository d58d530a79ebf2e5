package testfile

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/usher-go/usher/policy/syntax"
)

// Print returns the file as YAML, without comments. Parsing the result returns an equal
// File, except for the places.
func (f *File) Print() []byte {
	var w printer
	w.entry(0, "usher", syntax.FormatVersion)
	w.entry(0, "policy", Word(f.Policy.Text))
	if !f.At.IsZero() {
		w.entry(0, "at", timeText(f.At))
	}
	w.account(&f.Account)
	if f.Checks != nil {
		w.list("checks", len(f.Checks))
		for i := range f.Checks {
			w.line(1, "- %s", f.Checks[i].flow())
		}
	}
	if f.Scenarios != nil {
		w.list("scenarios", len(f.Scenarios))
		for _, s := range f.Scenarios {
			if s.Name == "" {
				w.line(1, "- steps:")
			} else {
				w.line(1, "- name: %s", Word(s.Name))
				w.line(2, "steps:")
			}
			for _, step := range s.Steps {
				w.line(3, "- %s", stepFlow(step))
			}
		}
	}
	return w.Bytes()
}

type printer struct{ bytes.Buffer }

func (w *printer) line(depth int, format string, args ...any) {
	w.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(w, format, args...)
	w.WriteByte('\n')
}

// entry writes a key and its value. The value is YAML.
func (w *printer) entry(depth int, key, value string) {
	k := Word(key)
	if len(k) > longestKey {
		w.line(depth, "? %s", k)
		k = ""
	}
	w.line(depth, "%s: %s", k, value)
}

// list writes the key of a list. Callers write the items after it.
func (w *printer) list(key string, items int) {
	if items == 0 {
		w.line(0, "%s: []", key)
	} else {
		w.line(0, "%s:", key)
	}
}

func (w *printer) account(a *Account) {
	facts := a.flow()
	if a.Users != nil && len(a.Users) == 0 {
		facts.add("users", "{}")
	}
	if len(facts)+len(a.Users) == 0 {
		w.line(0, "account: {}")
		return
	}
	w.line(0, "account:")
	for _, fact := range facts {
		w.entry(1, fact.key, fact.value)
	}
	if len(a.Users) == 0 {
		return
	}
	w.line(1, "users:")
	for i := range a.Users {
		w.entry(2, a.Users[i].ID.Text, a.Users[i].flow().String())
	}
}
