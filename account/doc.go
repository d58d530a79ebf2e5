// Package account guards how an account changes. It answers whether a command may
// be done, by whom and on what, and what follows from it: typed changes, which are
// kept as numbered commits in a journal.
//
// An account is a deterministic state machine. [State.Propose] is a function of
// the state, a policy, an actor, a time and commands; [State.Apply] is a function
// of the state and a commit. There is no clock, no storage and no randomness in
// here: package engine brings those.
//
//	proposal := account.Proposal{Actor: account.AsUser("mia"), Time: now, Commands: []account.Command{
//		account.AssignSeat{User: "max", Pool: "booking"},
//	}}
//	outcome, err := state.Propose(p, proposal)
//	if errors.Is(err, account.CodeNoSeatsLeft) { … }
package account
