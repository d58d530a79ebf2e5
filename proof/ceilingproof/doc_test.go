// Package ceilingproof_test proves the ceiling by decisions alone: no command lets a user do more than
// the sender could do in that user's place, and none takes something from a user who outranks the
// sender. It calls account.State.Propose and policy.Policy.Decide, and knows nothing of how the ceiling
// compares rules.
//
// A world is a drawn policy with an account of four users, three nested teams and a seat pool. After
// each command that was done, every permission is decided for the users that it changed: on resources
// that name them and others, for all facts of the request and the resource, seats and settings, and at
// each moment at which a grant ends. Where more is allowed or shown than before, the sender is put in the
// user's place, and the policy is asked again:
//
//   - The sender's role, grants and team roles stand under the user's id, and in the user's teams.
//   - Team roles count on the teams on which they did before the command, and on no others. They do not
//     put the sender in these teams, so a prohibition that reaches the user's teams does not reach
//     more in the user's place.
//   - A seat, a setting and a fact of the request count as they are in the question, or as they were for
//     the sender when the command was sent.
//   - What built-in rules reserve for the holder of the unique role, or forbid on that user, plays no part.
//
// Where less is allowed, rank is decided with a policy that has neither prohibitions nor everyone, team
// roles, own and sole. Membership, seat assignment and settings are seen as they are afterwards for what
// is given, and as they were for what is taken, so that only what the promise covers makes a
// difference. Ownership transfers are sent and not judged: the policy says what the two users get.
//
// Tests:
//
//   - TestCommands sends random commands and judges each. What is refused as escalation is repeated as
//     the host and judged as well, to count needless refusals.
//   - TestPairs lets two users together send 200 commands, and compares the end with the beginning.
//   - TestMutants opens one hole after another in the ceiling; the oracle finds each. A mutant lets a
//     command through that the real ceiling refuses: all of a kind; those that pass under a policy
//     without never rules, scopes or some conditions; those that pass if the sender has more. A new
//     kind of command that gives or takes gets a line in the table.
//   - TestKnownCases and TestKnownRefusals have small cases with the answer, and TestStandIn checks the
//     oracle itself: users in their own place can do what they can.
//
// For longer:
//
//	go test ./ceilingproof -run TestCommands -worlds 5000 -seed 100000 -timeout 1h
//	go test ./ceilingproof -run TestPairs -pairs 2000 -seed 100000 -timeout 1h
//
// A failure prints the smallest policy, account and command that shows it, and the command that
// repeats it. -go-on counts failures instead of ending at the first; -needless 10 shows needless refusals.
package ceilingproof_test
