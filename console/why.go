package console

import (
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/usherhttp"
)

// mayRow is a permission that a user has.
type mayRow struct {
	Permission string   `json:"permission"`
	Title      string   `json:"title"`
	Rules      []string `json:"rules"` // the reach of each rule
}

// mayRows returns what a user may do, by permission. A user who is not active may do none of it.
func (v *viewer) mayRows(id usher.UserID) ([]mayRow, error) {
	at := v.now
	if at.Before(v.view.Time()) {
		at = v.view.Time()
	}
	return v.mayRowsAt(v.view.State(), id, at)
}

// mayRowsAt is mayRows on a state of the account and at a time.
func (v *viewer) mayRowsAt(state *account.State, id usher.UserID, at time.Time) ([]mayRow, error) {
	summary, err := v.policy.Summary(state, id, at)
	if errors.Is(err, usher.ErrUndeclared) {
		return []mayRow{}, nil // the policy lacks the user's role, and denies the user everything
	}
	if err != nil {
		return nil, err
	}
	rows := []mayRow{}
	for _, e := range summary.Entitlements {
		name := e.Permission.String()
		if n := len(rows); n == 0 || rows[n-1].Permission != name {
			rows = append(rows, mayRow{Permission: name, Title: v.permissionTitle(e.Permission)})
		}
		last := &rows[len(rows)-1]
		if text := v.scope(e); !slices.Contains(last.Rules, text) {
			last.Rules = append(last.Rules, text)
		}
	}
	return rows, nil
}

// askOptions returns the permissions that a viewer can ask about.
func (v *viewer) askOptions() []option {
	list := []option{}
	for _, p := range v.policy.Permissions() {
		list = append(list, option{p.String(), v.permissionTitle(p)})
	}
	return list
}

// whyAnswer is the answer whether a user has a permission, on something of the user's own.
type whyAnswer struct {
	Permission string   `json:"permission"`
	Title      string   `json:"title"`
	Allowed    bool     `json:"allowed"`
	Sentence   string   `json:"sentence"`
	Rule       string   `json:"rule,omitempty"`     // the rule that decided, for viewers who administer the user
	Remedies   []remedy `json:"remedies,omitempty"` // what would help
}

// remedy is a change that would help. Its form has the steps if the viewer may apply it.
type remedy struct {
	Text  string   `json:"text"`
	Steps []string `json:"steps,omitempty"`
	control
}

// administers reports whether the viewer may change a user's role, seats, teams or grants. Only
// such viewers see rules and remedies.
func (v *viewer) administers(m personModel) bool {
	return m.SetRole.Allowed || m.SetBeside.Allowed || m.GiveGrant.Allowed || m.AddToTeam.Allowed || slices.ContainsFunc(m.Seats, func(s seatRow) bool {
		return s.Assign.Shown() || s.Unassign.Shown()
	})
}

// why returns whether a user has a permission on something of the user's own, and why. It
// returns nil without a permission to ask about.
func (v *viewer) why(id usher.UserID, ask string, disclose bool) (*whyAnswer, error) {
	if ask == "" {
		return nil, nil
	}
	p, err := v.policy.Permission(ask)
	if err != nil {
		return nil, usherhttp.ErrNotFound
	}
	x, err := v.reader.Explain(v.ctx, usher.Request{Account: v.subject.Account, Subject: id, Permission: p, Resource: v.ownResource(id, p)})
	if err != nil {
		return nil, err
	}
	why := &whyAnswer{
		Permission: ask, Title: v.permissionTitle(p), Allowed: x.Decision.Allowed(),
		Sentence: v.text.plain("why." + x.Decision.Reason().String()),
	}
	if !disclose {
		return why, nil
	}
	why.Rule = x.Sentence
	for _, r := range x.Remedies {
		commands, steps := v.commandsOf(id, r)
		own := remedy{Text: v.remedyText(r), control: control{Action: "person/help"}}
		if len(commands) > 0 {
			if own.control = v.control("person/help", commands...); own.Allowed {
				own.Steps = steps
			}
		}
		why.Remedies = append(why.Remedies, own)
	}
	return why, nil
}

// remedyText returns a remedy in the viewer's language.
func (v *viewer) remedyText(r usher.Remedy) string {
	var list []string
	for _, step := range r.Steps {
		name := step.Name
		switch step.Kind {
		case usher.StepRole, usher.StepBeside, usher.StepTeamRole:
			name = v.RoleTitle(role.Name(name))
		case usher.StepGrant:
			name = v.grantTitle(name)
		case usher.StepSetting:
			if title := v.policy.SettingTitle(name); title != "" {
				name = title
			}
		case usher.StepActivate, usher.StepTeam, usher.StepSeat:
		default:
			return r.Text // a fact of the request or the resource, as the policy names it
		}
		list = append(list, v.text.plain("step."+stepNames[step.Kind], "name", name, "team", string(step.Team), "value", v.text.plain("flag."+onOff(step.Value))))
	}
	return v.list(list)
}

// stepNames are the ends of the keys of the texts of steps.
var stepNames = map[usher.StepKind]string{
	usher.StepActivate: "activate", usher.StepRole: "role", usher.StepBeside: "beside", usher.StepTeam: "team", usher.StepTeamRole: "team-role",
	usher.StepSeat: "seat", usher.StepGrant: "grant", usher.StepSetting: "setting",
}

// ownResource returns a resource of which the user is every party, or nil for a bundle.
func (v *viewer) ownResource(id usher.UserID, p permission.Permission) usher.Resource {
	if !slices.Contains(v.policy.Permissions(), p) {
		return nil
	}
	o := &usher.Object{Type: p.Resource(), Account: v.subject.Account, Parties: map[string][]string{}}
	for party, kind := range v.policy.Parties(p.Resource()) {
		if kind.Users() {
			o.Parties[party] = []string{string(id)}
		}
	}
	return o
}

// commandsOf returns the commands that apply a remedy to a user, and its steps as texts for a
// form. It returns none if a step is not a change of the account.
func (v *viewer) commandsOf(id usher.UserID, r usher.Remedy) (commands []account.Command, steps []string) {
	for _, step := range r.Steps {
		own := v.commandsOfStep(id, step)
		if len(own) == 0 {
			return nil, nil
		}
		commands = append(commands, own...)
		steps = append(steps, url.Values{"kind": {formatUint(uint64(step.Kind))}, "name": {step.Name}, "team": {string(step.Team)}, "value": {yes(step.Value)}}.Encode())
	}
	return commands, steps
}

func (v *viewer) commandsOfStep(id usher.UserID, step usher.Step) []account.Command {
	switch step.Kind {
	case usher.StepActivate:
		if m, _ := v.view.User(id); m.Status == usher.Requested {
			return []account.Command{account.AdmitUser{User: id}}
		}
		return []account.Command{account.SetStatus{User: id, Status: usher.Active}}
	case usher.StepRole:
		return []account.Command{account.SetRole{User: id, Role: role.Name(step.Name)}}
	case usher.StepBeside:
		return []account.Command{account.SetRoleBeside{User: id, Role: role.Name(step.Name)}}
	case usher.StepTeam:
		return []account.Command{account.AddToTeam{User: id, Team: step.Team}}
	case usher.StepTeamRole:
		return []account.Command{account.AddToTeam{User: id, Team: step.Team}, account.SetTeamRole{User: id, Team: step.Team, Role: role.Name(step.Name)}}
	case usher.StepSeat:
		return []account.Command{account.AssignSeat{User: id, Pool: seat.PoolName(step.Name)}}
	case usher.StepGrant:
		return []account.Command{account.GiveGrant{User: id, Grant: step.Name}}
	case usher.StepSetting:
		return []account.Command{account.ChangeSetting{Setting: step.Name, Value: step.Value}}
	}
	return nil
}

// applyRemedy returns the commands of the steps in a form.
func applyRemedy(v *viewer, f form) (commands []account.Command, _ error) {
	for _, text := range f.list("step") {
		step, err := url.ParseQuery(text)
		var kind uint64
		if err == nil {
			kind, err = parseUint8(step.Get("kind"))
		}
		own := v.commandsOfStep(f.user("id"), usher.Step{
			Kind: usher.StepKind(kind), Name: step.Get("name"), Team: usher.TeamID(step.Get("team")), Value: step.Get("value") == "yes",
		})
		if err != nil || len(own) == 0 {
			return nil, &inputError{Field: "step", Key: "input.choice"}
		}
		commands = append(commands, own...)
	}
	return commands, nil
}
