package usher_test

import (
	"context"
	"reflect"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store/memstore"
)

// zeroChanges has the rows of types that change accounts: whether the zero value permits a
// change.
func zeroChanges(p *policy.Policy) map[string]func() bool {
	noon := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	host := account.AsHost("test")
	propose := func(s *account.State, p *policy.Policy, proposal account.Proposal) bool {
		o, err := s.Propose(p, proposal)
		return err == nil && len(o.Changes) > 0
	}
	create := account.CreateAccount{Owner: "olivia"}
	acme := account.New("acme")
	created, err := acme.Propose(p, account.Proposal{Actor: host, Time: noon, Commands: []account.Command{create}})
	if err != nil {
		panic(err)
	}
	admin := permission.MustParse("account.configure")
	rows := map[string]func() bool{
		"account.Actor": func() bool {
			return propose(acme, p, account.Proposal{Time: noon, Commands: []account.Command{create}})
		},
		"account.State": func() bool {
			return propose(&account.State{}, p, account.Proposal{Actor: host, Time: noon, Commands: []account.Command{create}})
		},
		"account.Proposal": func() bool { return propose(acme, p, account.Proposal{}) },
		"account.Proposal, its time": func() bool {
			return propose(acme, p, account.Proposal{Actor: host, Commands: []account.Command{create}})
		},
		"account.Command": func() bool {
			return propose(acme, p, account.Proposal{Actor: host, Time: noon, Commands: []account.Command{nil}})
		},
		"account.Contents": func() bool {
			return propose(acme, p, account.Proposal{Actor: host, Time: noon, Commands: []account.Command{account.Import{}}})
		},
		"account.Commit": func() bool { _, err := acme.Apply(&account.Commit{}); return err == nil },
		"account.Hash": func() bool { // for a state without the hash of its last commit
			_, err := created.Next.Apply(&account.Commit{
				Account: "acme", Version: 2, Previous: account.HashOf(nil), Time: noon, Changes: []account.Change{account.AccountDeleted{}},
			})
			return err == nil
		},
		"account.Change": func() bool {
			_, err := acme.Apply(&account.Commit{Account: "acme", Version: 1, Time: noon, Changes: []account.Change{nil}})
			return err == nil
		},
		"account.View":   func() bool { _, ok := account.View{}.User("olivia"); return ok },
		"engine.Options": func() bool { _, err := engine.Open(engine.Options{}); return err == nil },
		"engine.Engine": func() bool {
			d, err := new(engine.Engine).Check(context.Background(), usher.Request{Account: "acme", Subject: "olivia", Permission: admin})
			return err == nil || d.Allowed()
		},
		"policy.Checked": func() bool { return policy.Checked{}.Decision.Allowed() },
		"engine.Reader": func() bool {
			d, err := new(engine.Reader).Check(context.Background(), usher.Request{Account: "acme", Subject: "olivia", Permission: admin})
			return err == nil || d.Allowed()
		},
		"engine.Batch": func() bool {
			e, err := engine.Open(engine.Options{Policy: p, Store: &memstore.Store{}})
			if err != nil {
				panic(err)
			}
			defer e.Close()
			r, err := e.Submit(context.Background(), engine.Batch{})
			return err == nil || r.Commit != nil
		},
	}
	// No zero command changes anything, except the commands without arguments, which apply
	// to the actor and the account.
	for _, c := range []account.Command{
		account.CreateAccount{},
		account.AddUser{},
		account.RemoveUser{},
		account.RenameUser{},
		account.SetStatus{},
		account.SetRole{},
		account.SetRoleBeside{},
		account.UnsetRoleBeside{},
		account.CreateTeam{},
		account.MoveTeam{},
		account.DeleteTeam{},
		account.AddToTeam{},
		account.RemoveFromTeam{},
		account.SetTeamRole{},
		account.UnsetTeamRole{},
		account.GiveRoleOn{},
		account.TakeRoleOn{},
		account.Forget{},
		account.SetSeats{},
		account.AssignSeat{},
		account.UnassignSeat{},
		account.ChangeSetting{},
		account.GiveGrant{},
		account.RevokeGrant{},
		account.DefineField{},
		account.RenameField{},
		account.MoveField{},
		account.ArchiveField{},
		account.RestoreField{},
		account.SetField{},
		account.Cancel{},
		account.DefineRole{},
		account.ChangeRole{},
		account.DeleteRole{},
		account.TransferOwnership{},
		account.Import{},
		account.Invite{},
		account.AcceptInvitation{},
		account.ResendInvitation{},
		account.RevokeInvitation{},
		account.DeclineInvitation{},
		account.RequestToJoin{},
		account.WithdrawRequest{},
		account.AdmitUser{},
		account.JoinTeam{},
		account.LeaveTeam{},
		account.Leave{},
		account.Request{},
		account.Approve{},
		account.Decline{},
		account.Withdraw{},
	} {
		rows["account."+reflect.TypeOf(c).Name()] = func() bool {
			_, err := created.Next.Propose(p, account.Proposal{Actor: host, Time: noon, Commands: []account.Command{c}})
			return err == nil
		}
	}
	rows["account.DeleteAccount"] = func() bool {
		return propose(created.Next, p, account.Proposal{Time: noon, Commands: []account.Command{account.DeleteAccount{}}})
	}
	for _, c := range []account.Change{
		account.AccountCreated{},
		account.UserAdded{},
		account.UserRemoved{},
		account.UserRenamed{},
		account.UserMerged{},
		account.StatusSet{},
		account.RoleSet{},
		account.RoleBesideSet{},
		account.RoleBesideUnset{},
		account.OwnershipTransferred{},
		account.OwnershipBegun{},
		account.OwnershipEnded{},
		account.TeamCreated{},
		account.TeamMoved{},
		account.TeamDeleted{},
		account.MemberAdded{},
		account.MemberRemoved{},
		account.TeamRoleSet{},
		account.TeamRoleUnset{},
		account.OutsideRoleSet{},
		account.OutsideRoleUnset{},
		account.RoleOnGiven{},
		account.RoleOnTaken{},
		account.ResourceForgotten{},
		account.SeatsSet{},
		account.SeatAssigned{},
		account.SeatUnassigned{},
		account.SettingChanged{},
		account.GrantGiven{},
		account.GrantRevoked{},
		account.FieldDefined{},
		account.FieldRenamed{},
		account.FieldMoved{},
		account.FieldArchived{},
		account.FieldRestored{},
		account.FieldSet{},
		account.Scheduled{},
		account.Unscheduled{},
		account.Due{},
		account.DueSkipped{},
		account.RequestMade{},
		account.RequestApproved{},
		account.RequestDeclined{},
		account.RequestWithdrawn{},
		account.RequestEnded{},
		account.RoleDefined{},
		account.RoleTitled{},
		account.RoleRuleAdded{},
		account.RoleRuleRemoved{},
		account.RoleReplaced{},
		account.RoleDeleted{},
	} {
		rows["account."+reflect.TypeOf(c).Name()] = func() bool {
			_, err := created.Next.Apply(&account.Commit{Account: "acme", Version: 2, Time: noon, Changes: []account.Change{c}})
			return err == nil
		}
	}
	rows["account.AccountDeleted"] = func() bool {
		_, err := acme.Apply(&account.Commit{Account: "acme", Version: 1, Time: noon, Changes: []account.Change{account.AccountDeleted{}}})
		return err == nil
	}
	return rows
}
