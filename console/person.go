package console

import (
	"html/template"
	"strings"
	"unicode"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
)

// person is a user as a page names one.
type person struct {
	ID      usher.UserID `json:"id,omitempty"`
	Name    string       `json:"name"` // the profile's name; the id if that shows nothing
	Email   string       `json:"email,omitempty"`
	Picture string       `json:"picture,omitempty"`
	You     bool         `json:"you,omitempty"`
}

// String returns the name.
func (p person) String() string { return p.Name }

// lookUp reads the profiles of users that the viewer may see, in one call of the host. Call it
// with all users of a page before person.
func (v *viewer) lookUp(ids ...usher.UserID) {
	var missing []usher.UserID
	for _, id := range ids {
		if _, ok := v.known[id]; !ok && v.sees(id).exists {
			v.known[id] = Profile{}
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 || v.options.People == nil {
		return
	}
	found, err := v.options.People(v.ctx, v.subject.Account, missing)
	if err != nil {
		v.options.Log.ErrorContext(v.ctx, "console: Options.People failed", "account", printable.Value(v.subject.Account), "error", printable.Error(err))
		return
	}
	for _, id := range missing {
		v.known[id] = found[id]
	}
}

// Names under which a policy can hide the name and the e-mail address of a user.
const (
	nameField  = "name"
	emailField = "email"
)

// person returns a user as the viewer may see one. A user that the viewer may not see has no id
// and the name "another user"; fields that the policy hides are empty.
func (v *viewer) person(id usher.UserID) person {
	s := v.sees(id)
	if !s.exists {
		if id == v.subject.User {
			return person{ID: id, Name: nameOf(id, ""), You: true}
		}
		return person{Name: v.text.plain("person.other")}
	}
	v.lookUp(id)
	profile := v.known[id]
	p := person{ID: id, Name: profile.Name, Email: profile.Email, Picture: profile.Picture, You: id == v.subject.User}
	for field, value := range map[string]*string{nameField: &p.Name, emailField: &p.Email, "picture": &p.Picture} {
		if s.decision.Hides(field) {
			*value = ""
		}
	}
	p.Name = nameOf(id, p.Name)
	if !visible(p.Email) {
		p.Email = ""
	}
	return p
}

// nameOf returns the name of a user in a profile, or the id if the name shows nothing. An id that
// shows nothing either is quoted, with escapes.
func nameOf(id usher.UserID, name string) string {
	switch {
	case visible(name):
		return name
	case visible(string(id)):
		return string(id)
	}
	return printable.Value(id)
}

// visible reports whether a text shows something: a link with another text has nothing to read and
// nothing to click.
func visible(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return r != '\u2800' && !unicode.In(r, unicode.Z, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
	})
}

// seesEver reports whether the viewer may see a user, who may have left the account. One who has
// left is visible to viewers who would see the user by the id alone.
func (v *viewer) seesEver(id usher.UserID) bool {
	if v.exists(id) {
		return v.sees(id).exists
	}
	return v.check(userView, v.userResource(id)).Allowed()
}

// actor returns the name of the actor of a commit.
func (v *viewer) actor(a account.Actor) string {
	if a.User() == "" {
		return v.text.plain("person.host", "name", a.Host())
	}
	if by := a.OnBehalf(); by != "" {
		return v.text.plain("record.on-behalf", "user", v.person(a.User()).Name, "by", v.person(by).Name)
	}
	return v.person(a.User()).Name
}

// userLink returns a link to the page of a user, or the name alone if the viewer may not see
// the user.
func (v *viewer) userLink(id usher.UserID) template.HTML {
	p := v.person(id)
	name := isolated(p.Name)
	if !v.sees(id).exists {
		return template.HTML(name) //nolint:gosec // isolated escapes
	}
	return template.HTML(`<a href="` + template.HTMLEscapeString(v.Link("person", "id", string(id))) + `">` + name + `</a>`) //nolint:gosec // every part is escaped
}
