package main

import (
	"net/http"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

// definition is what a role of the account gives: for each permission one or more of the rules that the
// policy offers under custom.
type definition struct {
	Role  role.Name     `json:"role"`
	Title string        `json:"title"`
	Gives account.Gives `json:"gives"`
}

// listRoles lists the roles that the account defined, and what the policy offers for them.
//
//	GET /accounts/acme/roles
func (s *server) listRoles(r *http.Request) (any, error) {
	view, err := s.engine.View(r.Context(), subject(r).Account)
	if err != nil {
		return nil, err
	}
	answer := struct {
		Roles  []definition  `json:"roles"`
		Offers account.Gives `json:"offers"`
	}{[]definition{}, account.Gives{}}
	for _, own := range view.State().CustomRoles() {
		d := definition{own.Name, own.Title, account.Gives{}}
		for _, c := range own.Gives {
			d.Gives[c.Permission.String()] = append(d.Gives[c.Permission.String()], c.Rule)
		}
		answer.Roles = append(answer.Roles, d)
	}
	for _, o := range view.Policy().Offers() {
		answer.Offers[o.Permission.String()] = append(answer.Offers[o.Permission.String()], o.Rule)
	}
	return answer, nil
}

// defineRole defines a role. Users get it like a role of the policy, with PUT …/people/mia/role.
//
//	POST /accounts/acme/roles {"role": "planner", "title": "Planner", "gives": {"calendar.edit": ["any"]}}
func (s *server) defineRole(r *http.Request) (any, error) {
	d, err := read[definition](r)
	if err != nil {
		return nil, err
	}
	return s.do(r, account.DefineRole{Role: d.Role, Title: d.Title, Gives: d.Gives})
}

// changeRole changes what a role gives, also to the users who hold it.
//
//	PUT /accounts/acme/roles/planner {"gives": {"calendar.view": ["any"]}}
func (s *server) changeRole(r *http.Request) (any, error) {
	d, err := read[definition](r)
	if err != nil {
		return nil, err
	}
	return s.do(r, account.ChangeRole{Role: role.Name(r.PathValue("role")), Title: d.Title, Gives: d.Gives})
}

// deleteRole deletes a role. Users who hold it get another one.
//
//	DELETE /accounts/acme/roles/planner?replace-by=member
func (s *server) deleteRole(r *http.Request) (any, error) {
	return s.do(r, account.DeleteRole{Role: role.Name(r.PathValue("role")), ReplaceBy: role.Name(r.URL.Query().Get("replace-by"))})
}
