// Package account changes an account (other products say tenant, workspace or organization).
// It checks whether an actor may run a command, and computes the changes that follow. Changes
// are typed facts; a numbered [Commit] in the account's journal, its audit log, contains all
// changes of one proposal.
//
// An actor needs the permission of each command. A user also has a ceiling: a user cannot give
// what the user's own rules do not cover, and cannot take from a user who outranks them, which
// is a user with a rule that theirs do not cover ([CodeEscalation]).
//
// An account is a deterministic state machine. [State.Propose] is a function of the state, a
// policy, an actor, a time and commands. [State.Apply] is a function of the state and a
// commit. This package uses no clock, storage or randomness; package engine adds these. A
// snapshot ([State.Encode]) avoids replaying the whole journal, and an idempotency key
// ([State.IdempotentCommit]) finds the commit that an earlier attempt made.
//
//	proposal := account.Proposal{Actor: account.AsUser("mia"), Time: now, Commands: []account.Command{
//		account.AssignSeat{User: "max", Pool: "booking"},
//	}}
//	outcome, err := state.Propose(p, proposal)
//	if errors.Is(err, account.ErrNoSeatsLeft) { … }
package account
