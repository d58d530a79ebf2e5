package account_test

import (
	"fmt"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// acme is an account, as package engine would load it.
func acme() (*policy.Policy, *account.State) {
	p, err := preset.Load("oncehub")
	if err != nil {
		panic(err)
	}
	booking := []seat.PoolName{"booking"}
	s := account.New("acme")
	o, err := s.Propose(p, account.Proposal{
		Actor: account.AsHost("setup"),
		Time:  time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC),
		Commands: []account.Command{account.Import{Seed: account.Seed{
			Seats: map[seat.PoolName]int{"booking": 3},
			Teams: map[usher.TeamID]usher.TeamID{"sales": ""},
			Users: map[usher.UserID]policy.User{
				"olivia": {Role: "owner"},
				"adam":   {Role: "admin", Seats: booking},
				"mia":    {Role: "member", Seats: booking, Teams: []policy.Membership{{Team: "sales", Roles: []role.Name{"manager"}}}},
				"nina":   {Role: "member", Status: usher.Invited},
			},
		}}},
	})
	if err != nil {
		panic(err)
	}
	return p, o.Next
}

// A directory page shows a page of users, and how many seats are left.
func ExampleView() {
	p, state := acme()
	view := state.View(p)

	const page = 3
	shown, cursor := 0, usher.UserID("")
	for member := range view.Users(cursor) {
		if shown == page {
			fmt.Println("the next page begins after", cursor)
			break
		}
		shown, cursor = shown+1, member.ID
		fmt.Printf("%s: %s, %s", member.ID, member.Title, member.Status)
		if member.HasSeat("booking") {
			fmt.Print(", books")
		}
		for _, m := range member.Teams {
			fmt.Printf(", %s %v", m.Team, m.Roles)
		}
		fmt.Println()
	}
	for _, seats := range view.Seats() {
		fmt.Printf("%s: %d of %d seats left\n", seats.Pool, seats.Left, seats.Total)
	}
	// Output:
	// adam: Administrator, active, books
	// mia: Member, active, books, sales [manager]
	// nina: Member, invited
	// the next page begins after nina
	// booking: 1 of 3 seats left
}

// Preview a transfer of ownership before it is committed.
func ExampleState_Preview() {
	p, state := acme()
	now := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)
	outcome, err := state.Propose(p, account.Proposal{
		Actor:    account.AsUser("olivia"),
		Time:     now,
		Commands: []account.Command{account.TransferOwnership{To: "adam"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	preview, err := state.Preview(p, outcome, now)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, change := range preview.Changes {
		fmt.Println(account.DescribeChange(change))
	}
	for _, u := range preview.Users {
		for _, rule := range u.Gains {
			fmt.Println(u.User, "gains", rule.Permission)
		}
		for _, rule := range u.Loses {
			fmt.Println(u.User, "loses", rule.Permission)
		}
	}
	// Output:
	// olivia hands the account over to adam, who was admin, and becomes admin
	// olivia loses account.transfer
	// olivia loses account.delete
	// adam gains account.transfer
	// adam gains account.delete
}
