// Invitations invites people by e-mail before they have a user, and gives users another id.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"log"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store/memstore"
)

//go:embed policy.yaml
var policySource []byte

var az *engine.Engine

func main() {
	ctx := context.Background()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	studio := must(policyfile.Load("policy.yaml", policySource))
	az = must(engine.Open(engine.Options{
		Policy: studio, Store: new(memstore.Store), Clock: func() time.Time { return now },
	}))
	defer az.Close()
	host, adam, mona := account.AsHost("signup"), account.AsUser("adam"), account.AsUser("mona")
	must(az.Do(ctx, host, "acme",
		account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"booking": 1}},
		account.CreateTeam{Team: "sales"}, account.CreateTeam{Team: "support"},
		account.AddUser{User: "adam", Role: "admin"},
		account.AddUser{User: "mona", Teams: []usher.TeamID{"sales"}},
		account.SetTeamRole{Team: "sales", User: "mona", Role: "manager"}))
	do := func(actor account.Actor, commands ...account.Command) {
		report(actor)(az.Do(ctx, actor, "acme", commands...))
	}

	// A manager invites to the own team, and cannot invite an administrator.
	nina, pia := newInvitation("nina@example.org"), newInvitation("pia@example.org")
	week := now.AddDate(0, 0, 7)
	do(mona, account.Invite{Key: nina, Teams: []usher.TeamID{"sales"}, Until: week})
	do(mona, account.Invite{Key: pia, Role: "admin", Teams: []usher.TeamID{"sales"}})

	// The key is an id in every command, so one batch invites a manager with a seat.
	otto := newInvitation("otto@example.org")
	do(adam, account.Invite{Key: otto, Teams: []usher.TeamID{"support"}, Until: week},
		account.SetTeamRole{Team: "support", User: otto, Role: "manager"},
		account.AssignSeat{User: otto, Pool: "booking"})
	listInvitations(ctx)

	// The link needs the token, and is for one user.
	report("eve")(join(ctx, nina, "guess", "eve"))
	report("nina")(join(ctx, nina, invitations[nina].token, "nina"))
	report("nina again")(join(ctx, nina, invitations[nina].token, "nina"))
	report("eve")(join(ctx, nina, invitations[nina].token, "eve"))

	// A week later, the invitation has ended and its seat is free.
	now = week
	report("otto")(join(ctx, otto, invitations[otto].token, "otto"))
	do(adam, account.AssignSeat{User: "mona", Pool: "booking"})

	// A user who is in the account keeps the account role, and gets the teams of the invitation.
	also := newInvitation("nina@work.example")
	do(adam, account.Invite{Key: also, Role: "admin", Teams: []usher.TeamID{"support"}})
	report("nina")(join(ctx, also, invitations[also].token, "nina"))

	// Another id for a user. If the account has both ids, the two users become one.
	do(host, account.RenameUser{From: "nina", To: "sso-17"})
	do(host, account.AddUser{User: "nina"}) // she logs in with the old id once more
	do(host, account.RenameUser{From: "nina", To: "sso-17"})
	fmt.Println("sso-17 is in", teamsOf(ctx, "sso-17"))

	// A user who is removed and added again has nothing of before.
	do(adam, account.RemoveUser{User: "sso-17"}, account.AddUser{User: "sso-17"})
	fmt.Println("sso-17 is in", teamsOf(ctx, "sso-17"))
}

// listInvitations lists the open invitations. A page of an application shows them to users with a
// permission such as user.view.
func listInvitations(ctx context.Context) {
	view := must(az.View(ctx, "acme"))
	var lines []string
	for u := range view.Invitations("") {
		end, _ := view.InvitationEnd(u.ID)
		lines = append(lines, named("open:", u.ID, u.Role, u.Teams, u.Seats, end.Format(time.DateOnly)))
	}
	slices.Sort(lines) // by address, since the keys are random
	fmt.Println(strings.Join(lines, "\n"))
}

func teamsOf(ctx context.Context, id usher.UserID) (list []usher.TeamID) {
	view := must(az.View(ctx, "acme"))
	u, _ := view.User(id)
	for _, m := range u.Teams {
		list = append(list, m.Team)
	}
	return list
}

// report prints what a user or the host has changed, or why not.
func report(actor any) func(engine.Result, error) {
	return func(result engine.Result, err error) {
		switch {
		case err != nil:
			fmt.Println(named(actor, "-", err))
		case result.Commit == nil:
			fmt.Println(named(actor, "- changed nothing"))
		case result.Repeated:
			fmt.Println(named(actor, "- was done in version", result.Version))
		default:
			var lines []string
			for _, c := range result.Commit.Changes {
				lines = append(lines, account.DescribeChange(c))
			}
			fmt.Println(named(actor, "-", strings.Join(lines, ", ")))
		}
	}
}

// named writes the address in place of each key, as a page of the application does.
func named(words ...any) string {
	text := strings.TrimSpace(fmt.Sprintln(words...))
	for key, sent := range invitations {
		text = strings.ReplaceAll(text, string(key), sent.address)
	}
	return text
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
