package console

import (
	"net/http"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// thenPage is the table of the users at an earlier version. It has no forms that change anything.
var thenPage = page{
	Path:    "then",
	Visible: (*viewer).seesThen,
	Lacks:   (*viewer).lacksThen,
	Load:    loadThen,
	Model:   thenModel{},
	Params: []input{
		versionInput,
		{Name: "q", Kind: "text"},
		{Name: "role", Kind: "role"},
		{Name: "status", Kind: "status"},
		{Name: "seat", Kind: "pool"},
		{Name: "without", Kind: "pool"},
		{Name: "after", Kind: "text"},
	},
}

// versionInput is a version of the account.
var versionInput = input{Name: "version", Kind: "count", Must: true}

// thenModel is the content of the page.
type thenModel struct {
	Moment moment       `json:"moment"`
	Seats  []poolCount  `json:"seats"`
	People []thenRow    `json:"people"`
	Next   string       `json:"next,omitempty"`
	Filter peopleFilter `json:"filter"`
	Roles  []option     `json:"roles"`
}

// thenRow is a user at an earlier version.
type thenRow struct {
	person
	rolesShown
	Gone    bool            `json:"gone,omitempty"` // not in the account any more
	Teams   []string        `json:"teams"`
	Outside []string        `json:"outside"` // the teams on which the user had roles without being in them
	Seats   []seat.PoolName `json:"seats"`
	Status  usher.Status    `json:"status"`
}

func loadThen(v *viewer, r *http.Request) (any, error) {
	p, err := v.past(r)
	if err != nil {
		return nil, err
	}
	m := thenModel{Moment: p.moment(), Seats: []poolCount{}, People: []thenRow{}, Filter: v.peopleFilter(r), Roles: v.roleOptions(func(role.Role) bool { return true })}
	if v.seesSeats() {
		for _, s := range p.then.Seats() {
			m.Seats = append(m.Seats, poolCount{Pool: s.Pool, Inert: s.Inert, seatCount: seatCount{Held: s.Held, Total: s.Total, Left: s.Left, Excess: s.Excess}})
		}
	}
	members, next, err := p.findPeople(m.Filter)
	if err != nil {
		return nil, err
	}
	m.Next = next
	ids := make([]usher.UserID, len(members))
	for i, u := range members {
		ids[i] = u.ID
	}
	v.lookUp(ids...)
	for _, u := range members {
		m.People = append(m.People, p.row(u))
	}
	return m, nil
}

// findPeople is that of the viewer at the version, in the order of ids.
func (p *past) findPeople(f peopleFilter) (rows []account.Member, next string, err error) {
	f.Team = "" // the teams of today are others
	for m := range p.then.UsersWhere(usher.UserID(f.After), p.selects(f)) {
		if p.ctx.Err() != nil {
			return nil, "", p.ctx.Err()
		}
		if !p.seesEver(m.ID) {
			continue
		}
		if len(rows) == pageSize {
			return rows, string(rows[pageSize-1].ID), nil
		}
		rows = append(rows, m)
	}
	return rows, "", nil
}

func (p *past) row(m account.Member) thenRow {
	row := thenRow{
		person: p.named(m.ID), rolesShown: p.rolesShown(m), Gone: !p.exists(m.ID), Seats: append([]seat.PoolName{}, m.Seats...), Status: m.Status,
	}
	row.Teams, row.Outside = p.teamsShown(m)
	return row
}
