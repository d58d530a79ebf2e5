package cli

import "github.com/usher-go/usher/policy"

type matrix struct {
	Policy    matrixPolicy     `json:"policy"`
	Roles     []matrixRole     `json:"roles"`
	Custom    *customJSON      `json:"custom_roles,omitempty"` // if accounts can define roles
	Resources []matrixResource `json:"resources"`
}

type matrixPolicy struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	File   string `json:"file"`
	Digest string `json:"digest"`
}

type matrixRole struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	OnTeam  bool   `json:"on_team"`
	Outside bool   `json:"outside"` // held on a team, also by users who are not in it
	Beside  bool   `json:"beside"`
	HeldOn  string `json:"held_on,omitempty"` // the type of resource on which it is held
	Custom  bool   `json:"custom,omitempty"`  // defined by the account
}

// customJSON is what a policy states about the roles that accounts define.
type customJSON struct {
	Like   []string `json:"like"`    // the roles that such a role can be like
	AtMost int      `json:"at_most"` // how many an account can define
	Offers int      `json:"offers"`  // the number of rules among which the authors choose
}

// customOf returns nil if accounts cannot define roles.
func customOf(p *policy.Policy) *customJSON {
	if p.MaxCustomRoles() == 0 {
		return nil
	}
	return &customJSON{texts(p.CustomLike()), p.MaxCustomRoles(), len(p.Offers())}
}

type matrixResource struct {
	Name        string             `json:"name"`
	Permissions []matrixPermission `json:"permissions"`
}

type matrixPermission struct {
	Name     string              `json:"name"`
	Roles    map[string][]string `json:"roles"` // the rules of each role that has any
	Everyone []string            `json:"everyone"`
	Visitor  []string            `json:"visitor"`
	Never    []string            `json:"never"`
	Offers   []string            `json:"offers,omitempty"` // the rules that custom roles can have
}

func matrixJSON(p *policy.Policy) matrix {
	from := p.Matrix()
	m := matrix{
		Policy: matrixPolicy{Name: p.Name(), Title: p.Title(), File: p.File(), Digest: p.Digest()},
		Roles:  []matrixRole{}, Custom: customOf(p), Resources: []matrixResource{},
	}
	for _, r := range from.Roles {
		m.Roles = append(m.Roles, matrixRole{string(r.Name), r.Title, r.OnTeam, r.Outside, r.Beside, r.OnResource, p.IsCustom(r.Name)})
	}
	for _, res := range from.Resources {
		part := matrixResource{Name: res.Name, Permissions: []matrixPermission{}}
		for _, row := range res.Rows {
			q := matrixPermission{Name: row.Permission.String(), Roles: map[string][]string{}, Everyone: texts(row.Everyone), Visitor: texts(row.Visitor), Never: texts(row.Never), Offers: row.Offers}
			for i, rules := range row.Cells {
				if len(rules) > 0 {
					q.Roles[string(from.Roles[i].Name)] = rules
				}
			}
			part.Permissions = append(part.Permissions, q)
		}
		m.Resources = append(m.Resources, part)
	}
	return m
}
