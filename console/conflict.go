package console

import (
	"html/template"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/seat"
)

// conflict is what other users changed since a form was made.
type conflict struct {
	Who     string           `json:"who"`
	When    template.HTML    `json:"-"` // the last change
	Changes []template.HTML  `json:"-"`
	Texts   []string         `json:"changes"`
	Users   []versionsOfUser `json:"users,omitempty"`
	Parts   []versionsOfPart `json:"parts,omitempty"`
	Then    string           `json:"-"` // the link to the account that the form was made from
}

// versionsOfUser is a user when the form was made, and now.
type versionsOfUser struct {
	Person person     `json:"person"`
	Rows   []versions `json:"rows"`
}

// versionsOfPart is a team, a seat pool, a setting or a custom field when the form was made, and
// now.
type versionsOfPart struct {
	Name string     `json:"name"`
	Rows []versions `json:"rows"`
}

// versions is a line that differs between two versions.
type versions struct {
	Label string `json:"label"`
	Then  string `json:"then"`
	Now   string `json:"now"`
}

// formAge is how old a form can be whose conflict shows what changed. The version of a form is
// what its sender claims, so without a limit a form of the first version would be a record of
// the user that it names, for viewers who may not see the record.
const formAge = 24 * time.Hour

// conflictOf returns what a viewer may see of the changes that made a form void. The viewer may
// run its commands, apart from these changes. Of older changes, only viewers of the record see
// more than that there were any.
func (v *viewer) conflictOf(e *engine.ChangedError, b engine.Batch) *conflict {
	c := &conflict{When: v.Time(e.Commits[len(e.Commits)-1].Time)}
	record := v.check(auditView, nil)
	if v.seesThen() {
		c.Then = v.Link("then", "version", formatUint(e.Expected))
	}
	if record.Hides(auditChanges) && e.Commits[0].Time.Before(v.now.Add(-formAge)) {
		c.Who, c.Texts = v.text.plain("person.other"), []string{}
		return c
	}
	concerns := account.Concerns(b.Actor, b.Commands...)
	var authors []string
	for _, commit := range e.Commits {
		name := v.actor(commit.Actor)
		if record.Allowed() && record.Hides(auditActor) {
			name = v.text.plain("person.other")
		}
		if !slices.Contains(authors, name) {
			authors = append(authors, name)
		}
		for _, change := range commit.Changes {
			hidden := func(id usher.UserID) bool { return !v.seesEver(id) }
			if concerns(change) && !slices.ContainsFunc(account.UsersOf(change), hidden) {
				c.Changes = append(c.Changes, v.sentence(change))
				c.Texts = append(c.Texts, v.sentenceText(change))
			}
		}
	}
	c.Who = v.list(authors)
	before, err := v.options.Engine.At(v.subject.Account, e.Expected).View(v.ctx, v.subject.Account)
	if err != nil {
		v.fail(err)
		return c
	}
	users := usersOf(b)
	for _, id := range users {
		if rows := v.versionsOfUser(before, id); len(rows) > 0 {
			c.Users = append(c.Users, versionsOfUser{v.named(id), rows})
		}
	}
	if len(users) > 0 {
		return c // only changes of these users are a conflict
	}
	for _, command := range b.Commands {
		c.Parts = append(c.Parts, v.versionsOfParts(before, command)...)
	}
	return c
}

// usersOf returns the users that the commands of a batch name, each once.
func usersOf(b engine.Batch) (ids []usher.UserID) {
	for _, command := range b.Commands {
		id := userOf(command)
		if _, leaves := command.(account.Leave); leaves {
			id = b.Actor.User()
		}
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// versionsOfUser returns what differs between a user of a version and the user now.
func (v *viewer) versionsOfUser(before account.View, id usher.UserID) []versions {
	then, existed := before.User(id)
	now, exists := v.view.User(id)
	status := v.text.plain("people.status")
	switch {
	case !v.seesEver(id), !existed && !exists:
		return nil
	case !existed:
		return []versions{{status, v.text.plain("changed.absent"), v.text.plain("status." + now.Status.String())}}
	case !exists:
		return []versions{{status, v.text.plain("status." + then.Status.String()), v.text.plain("changed.absent")}}
	}
	return differences(v.facts(then), v.facts(now))
}

// differences returns the lines that differ. Both lists have the same labels.
func differences(then, now []fact) (rows []versions) {
	for i := range then {
		if then[i].Text != now[i].Text {
			rows = append(rows, versions{then[i].Label, then[i].Text, now[i].Text})
		}
	}
	return rows
}

// versionsOfParts returns what differs in the teams, pools, settings and fields that a command
// names.
func (v *viewer) versionsOfParts(before account.View, command account.Command) (parts []versionsOfPart) {
	of := reflect.ValueOf(command)
	for i := range of.NumField() {
		var facts func(account.View) []fact
		var name string
		switch value := of.Field(i).Interface().(type) {
		case usher.TeamID:
			name, facts = string(value), func(a account.View) []fact { return v.teamFacts(a, value) }
		case seat.PoolName:
			name, facts = string(value), func(a account.View) []fact { return v.poolFacts(a, value) }
		case string:
			name = value
			switch of.Type().Field(i).Name {
			case "Setting":
				facts = func(a account.View) []fact { return v.settingFacts(a, value) }
			case "Field", "To", "Before":
				facts = func(a account.View) []fact { return v.definitionFacts(a, value) }
			}
		}
		if facts == nil || name == "" {
			continue
		}
		if rows := differences(facts(before), facts(v.view)); len(rows) > 0 {
			parts = append(parts, versionsOfPart{name, rows})
		}
	}
	return parts
}

func (v *viewer) teamFacts(a account.View, id usher.TeamID) []fact {
	above, members := v.text.plain("changed.absent"), ""
	if t, ok := a.Team(id); ok {
		if above = v.teamName(t.Parent); t.Parent != "" && !v.seesTeams() {
			above = ""
		}
		if v.seesEveryone() {
			members = strconv.Itoa(a.TeamLen(id))
		}
	}
	return []fact{{v.text.plain("changed.above"), above}, {v.text.plain("changed.members"), members}}
}

func (v *viewer) poolFacts(a account.View, name seat.PoolName) []fact {
	p := a.State().Pool(name)
	return []fact{{v.text.plain("changed.bought"), strconv.Itoa(p.Total)}, {v.text.plain("changed.held"), strconv.Itoa(p.Held)}}
}

func (v *viewer) settingFacts(a account.View, name string) []fact {
	text := v.text.plain("changed.absent")
	for _, s := range a.Settings() {
		if s.Name == name {
			text = v.text.plain("flag." + onOff(s.Value))
		}
	}
	return []fact{{v.text.plain("changed.value"), text}}
}

// definitionFacts returns what the account states about a custom field, besides the values.
func (v *viewer) definitionFacts(a account.View, name string) []fact {
	state, before := v.text.plain("changed.absent"), ""
	fields := a.Fields(true)
	i := slices.IndexFunc(fields, func(f account.Field) bool { return f.Name == name })
	if i >= 0 {
		state = fields[i].Type.String()
		if fields[i].Archived {
			state = v.text.plain("changed.archived")
		}
		if before = v.text.plain("field.end"); i+1 < len(fields) {
			before = fields[i+1].Name
		}
	}
	return []fact{{v.text.plain("changed.type"), state}, {v.text.plain("changed.before"), before}}
}
