package cli

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
)

type summary struct {
	targetJSON
	As           string            `json:"as"`
	At           time.Time         `json:"at"`
	Known        bool              `json:"known"` // whether the account has the user
	Status       string            `json:"status"`
	Role         string            `json:"role"`
	Beside       []string          `json:"beside"`
	Teams        []teamJSON        `json:"teams"`
	Outside      []teamJSON        `json:"outside"` // the teams on which the user has roles without being in them
	OnResources  []heldJSON        `json:"on_resources,omitempty"`
	Seats        []string          `json:"seats"`
	Features     []grantJSON       `json:"features"`
	Entitlements []entitlementJSON `json:"entitlements"`
	Never        []entitlementJSON `json:"never"`
}

type teamJSON struct {
	Team  string   `json:"team"`
	Roles []string `json:"roles"`
}

// heldJSON is a role on resources. IDs are the first of them.
type heldJSON struct {
	Role  string   `json:"role"`
	Type  string   `json:"type"`
	Count int      `json:"count"`
	IDs   []string `json:"ids"`
}

type grantJSON struct {
	Name  string     `json:"name"`
	Until *time.Time `json:"until"`
}

// termJSON is a further scope of a rule.
type termJSON struct {
	Not   bool     `json:"not"`
	Scope string   `json:"scope"`
	Above bool     `json:"above,omitempty"`
	As    []string `json:"as"`
}

type entitlementJSON struct {
	Can    string     `json:"can"`
	Scope  string     `json:"scope"`
	As     []string   `json:"as"`
	Above  bool       `json:"above,omitempty"`
	And    []termJSON `json:"and,omitempty"`
	If     []string   `json:"if"`
	Hiding []string   `json:"hiding"`
	Teams  []string   `json:"teams"`
	Until  *time.Time `json:"until"`
	Rule   usher.Rule `json:"rule"`
}

func summaryJSON(s *target, request usher.Request, from policy.Summary) summary {
	out := summary{
		targetJSON: s.json(), As: string(request.Subject), At: request.Time,
		Known: from.Status != 0, Status: from.Status.String(), Role: string(from.Role),
		Beside: texts(from.Beside), Teams: membershipsJSON(from.Teams), Outside: membershipsJSON(from.Outside), Seats: texts(from.Seats), Features: []grantJSON{},
		Entitlements: entitlements(from.Entitlements), Never: entitlements(from.Never),
	}
	for _, h := range from.OnResources {
		out.OnResources = append(out.OnResources, heldJSON{string(h.Role), h.Type, h.Count, h.IDs})
	}
	for _, g := range from.Features {
		out.Features = append(out.Features, grantJSON{g.Name, end(g.Until)})
	}
	return out
}

func membershipsJSON(from []policy.Membership) []teamJSON {
	list := []teamJSON{}
	for _, m := range from {
		list = append(list, teamJSON{string(m.Team), texts(m.Roles)})
	}
	return list
}

func entitlements(from []policy.Entitlement) []entitlementJSON {
	list := []entitlementJSON{}
	for _, h := range from {
		list = append(list, entitlementJSON{
			Can: h.Permission.String(), Scope: h.Scope.String(), As: texts(h.As), Above: h.Above, And: terms(h.And), If: texts(h.If), Hiding: texts(h.Hiding),
			Teams: texts(h.Teams), Until: end(h.Until), Rule: h.Rule,
		})
	}
	return list
}

func terms(from []syntax.Term) (list []termJSON) {
	for _, t := range from {
		as := make([]string, len(t.As))
		for i, n := range t.As {
			as[i] = n.Text
		}
		list = append(list, termJSON{Not: t.Not, Scope: t.Scope.String(), Above: t.Above, As: as})
	}
	return list
}

// end returns nil for the zero time, so JSON has null for a grant without an end.
func end(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
