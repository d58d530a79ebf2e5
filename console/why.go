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
	return v.mayRowsAt(v.view.State(), id, v.now)
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

	// Until is when the allowance ends, as far as the account knows, for the user and for viewers who
	// administer the user; the zero time if it does not end.
	Until time.Time `json:"until,omitzero"`
}

// remedy is a change that would help. Its form has the steps if the viewer may apply it.
type remedy struct {
	Text  string   `json:"text"`
	Steps []string `json:"steps,omitempty"`
	Ask   wish     `json:"ask"` // for a viewer who may request it, but not apply it
	control
}

// administers reports whether the viewer may change a user's role, seats, teams or grants. Only
// such viewers see rules and all remedies. Others see the remedies for themselves that they may
// request.
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
	request := usher.Request{Account: v.subject.Account, Subject: id, Permission: p, Resource: v.ownResource(id, p)}
	x, err := v.reader.Explain(v.ctx, request)
	if err != nil {
		return nil, err
	}
	why := &whyAnswer{
		Permission: ask, Title: v.permissionTitle(p), Allowed: x.Decision.Allowed(),
		Sentence: v.text.plain("why." + x.Decision.Reason().String()),
	}
	if disclose {
		why.Rule = x.Sentence
	}
	if disclose || id == v.subject.User {
		request.Time = v.now
		until, err := v.view.AllowedUntil(request)
		if err != nil {
			return nil, err
		}
		if why.Allowed && !until.IsZero() {
			why.Until = until.In(v.zone)
		}
	}
	for _, r := range x.Remedies {
		if own := v.remedy(id, r); disclose || id == v.subject.User && own.Ask.Allowed && v.seesSteps(r) {
			why.Remedies = append(why.Remedies, own)
		}
	}
	return why, nil
}

// remedy returns a remedy with the form that applies it, or else the one that requests it.
func (v *viewer) remedy(id usher.UserID, r usher.Remedy) remedy {
	own := remedy{Text: v.remedyText(r), control: control{Action: "person/help"}}
	made, ok := v.requestFrom(id, r)
	if !ok {
		return own
	}
	if own.control = v.control("person/help", made.Commands...); own.Allowed {
		own.Steps = formSteps(r)
		return own
	}
	own.Ask = v.wish(made.Commands)
	return own
}

// seesSteps reports whether the viewer may see the teams that a remedy names.
func (v *viewer) seesSteps(r usher.Remedy) bool {
	return !slices.ContainsFunc(r.Steps, func(s usher.Step) bool { return s.Team != "" && !v.seesTeam(s.Team) })
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
		case usher.StepResourceRole:
			if step.On.ID == "" {
				return r.Text // the question was about no item of the host
			}
			name = v.RoleTitle(role.Name(name))
		case usher.StepActivate, usher.StepTeam, usher.StepSeat:
		default:
			return r.Text // a fact of the request or the resource, as the policy names it
		}
		list = append(list, v.text.plain("step."+stepNames[step.Kind], "name", name, "team", string(step.Team), "value", v.text.plain("flag."+onOff(step.Value)),
			"item", step.On.Type+" "+v.itemRow(step.On, v.shares(step.On)).Title))
	}
	return v.list(list)
}

// stepNames are the ends of the keys of the texts of steps.
var stepNames = map[usher.StepKind]string{
	usher.StepActivate: "activate", usher.StepRole: "role", usher.StepBeside: "beside", usher.StepTeam: "team", usher.StepTeamRole: "team-role",
	usher.StepResourceRole: "resource-role", usher.StepSeat: "seat", usher.StepGrant: "grant", usher.StepSetting: "setting",
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

// formSteps returns the steps of a remedy as texts for a form.
func formSteps(r usher.Remedy) (steps []string) {
	for _, step := range r.Steps {
		steps = append(steps, url.Values{"kind": {formatUint(uint64(step.Kind))}, "name": {step.Name}, "team": {string(step.Team)}, "value": {yes(step.Value)}, "type": {step.On.Type}, "on": {step.On.ID}}.Encode())
	}
	return steps
}

// requestFrom returns a request for the commands of a remedy. It returns false if there is none, and if one of
// them hands over the account, which has a page of its own.
func (v *viewer) requestFrom(id usher.UserID, r usher.Remedy) (account.Request, bool) {
	made, ok := v.view.RequestFrom(id, r)
	return made, ok && !slices.ContainsFunc(made.Commands, func(c account.Command) bool {
		_, transfers := c.(account.TransferOwnership)
		return transfers
	})
}

// applyRemedy returns the commands of the steps in a form.
func applyRemedy(v *viewer, f form) ([]account.Command, error) {
	var r usher.Remedy
	for _, text := range f.list("step") {
		step, err := url.ParseQuery(text)
		var kind uint64
		if err == nil {
			kind, err = parseUint8(step.Get("kind"))
		}
		if err != nil {
			return nil, &inputError{Field: "step", Key: "input.choice"}
		}
		r.Steps = append(r.Steps, usher.Step{
			Kind: usher.StepKind(kind), Name: step.Get("name"), Team: usher.TeamID(step.Get("team")), Value: step.Get("value") == "yes",
			On: usher.Ref{Type: step.Get("type"), ID: step.Get("on")},
		})
	}
	made, ok := v.requestFrom(f.user("id"), r)
	if !ok {
		return nil, &inputError{Field: "step", Key: "input.choice"}
	}
	return made.Commands, nil
}
