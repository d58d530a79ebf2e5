package console

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/usherhttp"
)

// seatsPage shows the seat pools, and which users hold a seat.
var seatsPage = page{
	Path: "seats", InMenu: true,
	Visible: func(v *viewer) bool { return len(v.view.Seats()) > 0 && v.seesSeats() },
	Lacks:   func(v *viewer) missing { return v.lacks(seatAssign) },
	Load:    loadSeats,
	Model:   seatsModel{},
	Params:  []input{{Name: "pool", Kind: "pool"}, {Name: "list", Kind: "text"}, {Name: "after", Kind: "text"}},
	Actions: []action{
		{Name: "assign", Inputs: []input{seatUser, seatPool}, After: toPool, Commands: func(_ *viewer, f form) ([]account.Command, error) {
			return []account.Command{account.AssignSeat{User: f.user("user"), Pool: seat.PoolName(f.raw("pool"))}}, nil
		}},
		{Name: "unassign", Inputs: []input{seatUser, seatPool}, After: toPool, Commands: func(_ *viewer, f form) ([]account.Command, error) {
			return []account.Command{account.UnassignSeat{User: f.user("user"), Pool: seat.PoolName(f.raw("pool"))}}, nil
		}},
		{Name: "set", Inputs: []input{seatPool, {Name: "total", Kind: "count", Must: true}}, After: toPool, Commands: setSeats},
	},
}

var (
	seatUser = input{Name: "user", Kind: "user", Must: true}
	seatPool = input{Name: "pool", Kind: "pool", Must: true}
)

// withoutSeat is the value of the parameter list for the users who hold no seat.
const withoutSeat = "without"

// seatsModel is the content of the page.
type seatsModel struct {
	Pools   []poolRow     `json:"pools"`
	Pool    seat.PoolName `json:"pool"`              // the pool of the list
	Without bool          `json:"without,omitempty"` // the list has the users without a seat
	People  []seatHolder  `json:"people"`            // a page of users that the viewer may see
	After   string        `json:"after,omitempty"`
	Next    string        `json:"next,omitempty"` // the cursor of the next page, for the parameter after
}

// poolRow is a seat pool with the form that sets how many seats are bought.
type poolRow struct {
	poolCount
	Set control `json:"set"`
}

// seatHolder is a user with a seat, or without one.
type seatHolder struct {
	person
	Role      role.Name    `json:"role"`
	RoleTitle string       `json:"roleTitle"`
	Status    usher.Status `json:"status"`
	Assign    control      `json:"assign"`
	Unassign  control      `json:"unassign"`
}

func loadSeats(v *viewer, r *http.Request) (any, error) {
	q := r.URL.Query()
	m := seatsModel{Pool: seat.PoolName(q.Get("pool")), Without: q.Get("list") == withoutSeat, After: q.Get("after"), People: []seatHolder{}}
	for _, p := range v.pools() {
		m.Pools = append(m.Pools, poolRow{p, v.setSeatsForm(p)})
	}
	if m.Pool == "" && len(m.Pools) > 0 {
		m.Pool = m.Pools[0].Pool
	}
	at := slices.IndexFunc(m.Pools, func(p poolRow) bool { return p.Pool == m.Pool })
	if at < 0 {
		return nil, usherhttp.ErrNotFound
	}
	filter := peopleFilter{Seat: m.Pool, After: m.After}
	if m.Without {
		filter = peopleFilter{Without: m.Pool, After: m.After}
	}
	rows, next, err := v.findPeople(filter)
	if err != nil {
		return nil, err
	}
	m.Next = next
	ids := make([]usher.UserID, len(rows))
	for i, s := range rows {
		ids[i] = s.member.ID
	}
	v.lookUp(ids...)
	for _, s := range rows {
		m.People = append(m.People, v.seatHolder(s.member, m.Pool))
	}
	return m, nil
}

func (v *viewer) seatHolder(u account.Member, pool seat.PoolName) seatHolder {
	h := seatHolder{person: v.person(u.ID), Role: u.Role, RoleTitle: v.RoleTitle(u.Role), Status: u.Status}
	if u.HasSeat(pool) {
		h.Unassign = v.control("seats/unassign", account.UnassignSeat{User: u.ID, Pool: pool})
	} else {
		h.Assign = v.control("seats/assign", account.AssignSeat{User: u.ID, Pool: pool})
	}
	return h
}

// setSeatsForm returns the form that sets the number of seats, if the engine accepts one more or
// one less. A host with a page on which seats are bought has the form there.
func (v *viewer) setSeatsForm(p poolCount) control {
	const path = "seats/set"
	if v.buysElsewhere(p.Pool) {
		return control{Action: path}
	}
	return v.anyControl(path, account.SetSeats{Pool: p.Pool, Total: p.Total + 1}, account.SetSeats{Pool: p.Pool, Total: max(p.Total-1, 0)})
}

// buysElsewhere reports whether the host has a page on which seats of a pool are bought. Then
// the number of seats follows from what is paid there, and the Console does not set it.
func (v *viewer) buysElsewhere(pool seat.PoolName) bool {
	return v.options.BuySeats != nil && v.options.BuySeats(v.subject.Account, pool) != ""
}

func setSeats(v *viewer, f form) ([]account.Command, error) {
	total, err := f.count("total")
	if err != nil {
		return nil, err
	}
	pool := seat.PoolName(f.raw("pool"))
	if v.buysElsewhere(pool) {
		return nil, &inputError{Field: "total", Key: "seats.elsewhere"}
	}
	return []account.Command{account.SetSeats{Pool: pool, Total: total}}, nil
}

// toPool leads to the list that the form was in.
func toPool(v *viewer, f form) (string, map[string][]string) {
	query := url.Values(v.state())
	query.Set("pool", f.raw("pool"))
	return "seats", query
}
