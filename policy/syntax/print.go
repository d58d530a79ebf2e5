package syntax

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Print returns the document as a policy file without comments. Parsing the result returns an
// equal document, except for positions.
func (d *Document) Print() []byte {
	var w printer
	w.line(0, "usher: %s", FormatVersion)
	if d.Name != "" {
		w.line(0, "name: %s", d.Name)
	}
	if d.Title != "" {
		w.line(0, "title: %s", strconv.Quote(d.Title))
	}
	w.vocabulary(d)
	w.line(0, "roles:")
	for i := range d.Roles {
		w.line(1, "%s: {%s}", d.Roles[i].Name.Text, strings.Join(d.Roles[i].settings(), ", "))
	}
	if d.Custom != nil {
		w.line(0, "custom-roles: {%s}", strings.Join(d.Custom.entries(), ", "))
	}
	w.section("bundles", len(d.Bundles))
	for _, b := range d.Bundles {
		w.line(1, "%s: [%s]", b.Name.Text, names(b.Members))
	}
	w.section("resources", len(d.Resources))
	for _, r := range d.Resources {
		w.resource(r)
	}
	w.section("never", len(d.Never))
	for _, n := range d.Never {
		w.line(1, "%s: %s", n.Permission.Text, cell(n.Rules))
	}
	return w.Bytes()
}

type printer struct{ bytes.Buffer }

func (w *printer) line(depth int, format string, args ...any) {
	w.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(w, format, args...)
	w.WriteByte('\n')
}

func (w *printer) section(key string, entries int) {
	if entries > 0 {
		w.line(0, "%s:", key)
	}
}

func (w *printer) vocabulary(d *Document) {
	w.section("seats", len(d.Seats))
	for _, s := range d.Seats {
		var entries []string
		if s.Holds != nil {
			var statuses []string
			for _, status := range s.Holds {
				statuses = append(statuses, status.String())
			}
			entries = append(entries, "holds: ["+strings.Join(statuses, ", ")+"]")
		}
		if s.Over {
			entries = append(entries, "over: allowed")
		}
		w.line(1, "%s: {%s}", s.Name.Text, strings.Join(entries, ", "))
	}
	if len(d.Features) > 0 {
		w.line(0, "features: [%s]", names(d.Features))
	}
	w.section("settings", len(d.Settings))
	for _, s := range d.Settings {
		if entries := s.entries(); len(entries) > 1 {
			w.line(1, "%s: {%s}", s.Name.Text, strings.Join(entries, ", "))
		} else {
			w.line(1, "%s: %t", s.Name.Text, s.Default)
		}
	}
	w.section("conditions", len(d.Conditions))
	for _, c := range d.Conditions {
		title := ""
		if c.Title != "" {
			title = ", title: " + strconv.Quote(c.Title)
		}
		fact := c.Kind.String() + ": " + c.Of.Text
		if c.Kind == OnHas {
			fact = OnParty.String() + ": " + c.Of.Text + ", " + c.Kind.String() + ": " + c.Has.Text
		}
		w.line(1, "%s: {%s%s}", c.Name.Text, fact, title)
	}
}

func (w *printer) resource(r Resource) {
	if len(r.Parties)+len(r.Fields)+len(r.Permissions) == 0 && r.In.Text == "" {
		w.line(1, "%s: {}", r.Name.Text)
		return
	}
	w.line(1, "%s:", r.Name.Text)
	if r.In.Text != "" {
		w.line(2, "in: %s", r.In.Text)
	}
	if len(r.Parties) > 0 {
		var parties []string
		for _, p := range r.Parties {
			parties = append(parties, p.Name.Text+": "+p.Kind.String())
		}
		w.line(2, "parties: {%s}", strings.Join(parties, ", "))
	}
	if len(r.Fields) > 0 {
		w.line(2, "fields:")
		for _, g := range r.Fields {
			w.line(3, "%s: [%s]", g.Name.Text, names(g.Fields))
		}
	}
	if len(r.Permissions) > 0 {
		w.line(2, "permissions:")
		for _, p := range r.Permissions {
			var cells []string
			if p.Title != "" {
				cells = append(cells, "title: "+strconv.Quote(p.Title))
			}
			for _, c := range p.Cells {
				cells = append(cells, c.Who.Text+": "+cell(c.Rules))
			}
			w.line(3, "%s: {%s}", p.key(), strings.Join(cells, ", "))
		}
	}
}

// key returns the permission's key. YAML would read a plain * as an alias.
func (p *Permission) key() string {
	if p.Action.Text == Wildcard {
		return strconv.Quote(Wildcard)
	}
	return p.Action.Text
}

// entries returns the entries of a setting's map.
func (s *Setting) entries() []string {
	var entries []string
	if s.Title != "" {
		entries = append(entries, "title: "+strconv.Quote(s.Title))
	}
	entries = append(entries, "default: "+strconv.FormatBool(s.Default))
	if s.SetByHost {
		entries = append(entries, "set-by: host")
	}
	if s.Asks.Text != "" {
		entries = append(entries, "asks: "+s.Asks.Text)
	}
	return entries
}

// settings returns the entries of a role's map.
func (r *Role) settings() []string {
	var s []string
	add := func(said bool, format string, args ...any) {
		if said {
			s = append(s, fmt.Sprintf(format, args...))
		}
	}
	add(r.Title != "", "title: %s", strconv.Quote(r.Title))
	add(r.OnTeam, "held-on: team")
	add(r.OnResource.Text != "", "held-on: %s", r.OnResource.Text)
	add(r.Beside, "beside: true")
	add(r.Unique, "unique: true")
	add(r.Default, "default: true")
	add(r.All, "all: true")
	add(len(r.Includes) > 0, "includes: [%s]", names(r.Includes))
	add(len(r.Requires) > 0, "requires: [%s]", names(r.Requires))
	add(r.HandsOverTo.Text != "", "hands-over-to: %s", r.HandsOverTo.Text)
	add(r.SeatSaid(), "seat: %s", r.Seat)
	add(r.Seats != nil, "seats: {%s}", seats(r.Seats))
	add(r.AtLeast > 0, "at-least: %d", r.AtLeast)
	add(r.AtMost > 0, "at-most: %d", r.AtMost)
	add(r.NoTeamRoles, "team-roles: none")
	add(r.NoGrants, "grants: none")
	add(r.Outside, "outside: true")
	return s
}

// entries returns the entries of the map custom-roles.
func (c *CustomRoles) entries() []string {
	like := names(c.Like)
	if len(c.Like) != 1 {
		like = "[" + like + "]"
	}
	entries := []string{"like: " + like}
	if c.AtMost > 0 {
		entries = append(entries, "at-most: "+strconv.Itoa(c.AtMost))
	}
	return entries
}

func seats(list []RoleSeat) string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = s.Pool.Text + ": " + s.Seat.String()
	}
	return strings.Join(texts, ", ")
}

func names(list []Name) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = n.Text
	}
	return strings.Join(texts, ", ")
}

func cell(rules []Rule) string {
	texts := make([]string, len(rules))
	for i, r := range rules {
		texts[i] = r.String()
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return "[" + strings.Join(texts, ", ") + "]"
}
