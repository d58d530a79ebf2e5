package cli

import "github.com/usher-go/usher/policy"

type matrix struct {
	Policy    matrixPolicy     `json:"policy"`
	Roles     []matrixRole     `json:"roles"`
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
}

func matrixJSON(p *policy.Policy) matrix {
	from := p.Matrix()
	m := matrix{
		Policy: matrixPolicy{Name: p.Name(), Title: p.Title(), File: p.File(), Digest: p.Digest()},
		Roles:  []matrixRole{}, Resources: []matrixResource{},
	}
	for _, r := range from.Roles {
		m.Roles = append(m.Roles, matrixRole{string(r.Name), r.Title, r.OnTeam, r.Outside, r.Beside})
	}
	for _, res := range from.Resources {
		part := matrixResource{Name: res.Name, Permissions: []matrixPermission{}}
		for _, row := range res.Rows {
			q := matrixPermission{Name: row.Permission.String(), Roles: map[string][]string{}, Everyone: texts(row.Everyone), Visitor: texts(row.Visitor), Never: texts(row.Never)}
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
