package source

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
)

// Reader reads nodes of an expected shape, and reports nodes of another shape. A method that
// returns false, or does not call its callback, has reported the reason.
type Reader struct {
	Report Report
}

// Field is a key that a map may have.
type Field struct {
	Name     string
	Required bool
	Read     func(*Node)

	// Instead marks a key that the map does not have but that users write by mistake. It
	// suggests what to write.
	Instead string
}

// Errorf reports a problem at n.
func (r Reader) Errorf(n *Node, format string, args ...any) {
	r.Report(n.Line, n.Col, printable.Sprintf(format, args...))
}

// Fields reads a map of known keys, in the order of the file. What names the map in
// messages: "a role".
func (r Reader) Fields(n *Node, what string, fields ...Field) bool {
	if !r.is(n, Map, what) {
		return false
	}
	var names, missing []string
	for _, f := range fields {
		if f.Required && !slices.ContainsFunc(n.Entries, func(e Entry) bool { return e.Key.Text == f.Name }) {
			missing = append(missing, f.Name)
		}
		if f.Instead == "" {
			names = append(names, f.Name)
		}
	}
	seen := make(map[string]bool, len(fields))
	for _, e := range n.Entries {
		known := false
		for _, f := range fields {
			switch {
			case f.Name != e.Key.Text:
			case f.Instead != "":
				known = true
				r.Errorf(e.Key, "%s has no key %q; %s", what, e.Key.Text, f.Instead)
			default:
				known, seen[f.Name] = true, true
				f.Read(e.Value)
			}
		}
		if !known {
			// Of names that are equally near, one that is required and missing comes first.
			hint := suggest.DidYouMean(e.Key.Text, slices.Concat(missing, names))
			if hint == "" && len(names) > 1 {
				hint = " (" + strings.Join(names, ", ") + ")"
			}
			r.Errorf(e.Key, "%s has no key %q%s", what, e.Key.Text, hint)
		}
	}
	for _, f := range fields {
		if f.Required && !seen[f.Name] {
			r.Errorf(n, "%s needs the key %q", what, f.Name)
		}
	}
	return true
}

// Each reads a map with arbitrary keys, in the order of the file.
func (r Reader) Each(n *Node, what string, read func(key, value *Node)) bool {
	if !r.is(n, Map, what) {
		return false
	}
	for _, e := range n.Entries {
		read(e.Key, e.Value)
	}
	return true
}

// List reads a list, in order.
func (r Reader) List(n *Node, what string, read func(*Node)) bool {
	if !r.is(n, List, what) {
		return false
	}
	for _, item := range n.Items {
		read(item)
	}
	return true
}

// Names reads a list of names, in order.
func (r Reader) Names(n *Node, what string, read func(*Node)) bool {
	if n.Kind == Scalar && !n.IsNull() && len(n.Text) <= 40 {
		r.Errorf(n, "%s must be a list, not %s; write [%s]", what, n.Describe(), n.Text)
		return false
	}
	return r.List(n, what, read)
}

// OneOrMore reads a list, or a single value as a list of one.
func (r Reader) OneOrMore(n *Node, what string, read func(*Node)) bool {
	if n.Kind == List {
		return r.List(n, what, read)
	}
	if n.Kind != Scalar || n.IsNull() {
		r.Errorf(n, "%s must be a value or a list of values, not %s", what, n.Describe())
		return false
	}
	read(n)
	return true
}

// Text reads a value that is not null, as written.
func (r Reader) Text(n *Node, what string) (string, bool) {
	if n.Kind != Scalar || n.IsNull() {
		r.Errorf(n, "%s must be a value, not %s", what, n.Describe())
		return "", false
	}
	return n.Text, true
}

// ID reads an id of the host application: a text that is not empty.
func (r Reader) ID(n *Node, what string) (string, bool) {
	s, ok := r.Text(n, what)
	if ok && s == "" {
		r.Errorf(n, "%s must not be empty", what)
		return "", false
	}
	return s, ok
}

// Bool reads true or false.
func (r Reader) Bool(n *Node, what string) (value, ok bool) {
	value, ok = n.Bool()
	switch {
	case ok:
	case n.Quoted && (n.Text == "true" || n.Text == "false"):
		r.Errorf(n, "%s must be true or false; remove the quotes", what)
	default:
		r.Errorf(n, "%s must be true or false, not %s", what, n.Describe())
	}
	return value, ok
}

// Count reads a whole number that is at least 0.
func (r Reader) Count(n *Node, what string) (int, bool) { return r.Whole(n, what, 0) }

// Whole reads a whole number that is at least least.
func (r Reader) Whole(n *Node, what string, least int) (int, bool) {
	v, err := strconv.ParseUint(n.Text, 10, 31)
	isNumber := n.Kind == Scalar && err == nil
	switch {
	case n.Kind == Scalar && errors.Is(err, strconv.ErrRange):
		r.Errorf(n, "%s is %s (want at most %d)", what, n.Text, math.MaxInt32)
	case isNumber && n.Quoted:
		r.Errorf(n, "%s must be a number; remove the quotes", what)
	case !isNumber || int(v) < least:
		r.Errorf(n, "%s must be a whole number from %d on, not %s", what, least, n.Describe())
	default:
		return int(v), true
	}
	return 0, false
}

func (r Reader) is(n *Node, k Kind, what string) bool {
	if n.Kind == k {
		return true
	}
	hint := ""
	if n.IsNull() && k == Map && what != "a policy" && what != "roles" {
		hint = "; write {} for an empty one"
	}
	r.Errorf(n, "%s must be %s, not %s%s", what, k, n.Describe(), hint)
	return false
}
