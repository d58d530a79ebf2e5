// Package ceilingproof_test tests the ceiling by decisions alone: no command lets a user do more
// than the sender could do in that user's place, and none takes something from a user who outranks
// the sender. It calls account.State.Propose and policy.Policy.Decide, and does not use the
// comparison of rules in the ceiling.
//
// A fixture is a random policy with an account of four users, three nested teams and a seat pool.
// After each command that succeeds, every permission is decided for the users that it changed: on
// resources that name these and other users, for all facts of the request and the resource, seats
// and settings, and at each time at which a grant ends. If more is allowed or shown than before,
// the sender is put in the user's place, and the policy decides again:
//
//   - The sender's role, roles beside it, grants and team roles stand under the user's id, and in the
//     user's teams.
//   - Team roles count on the same teams as before the command, and on no others. They do not make
//     the sender a member of these teams, so a prohibition that matches the user's teams does not
//     match more in the user's place.
//   - A seat, a setting and a fact of the request count as in the decision, or as they were for the
//     sender when the command was sent.
//   - Built-in rules for the holder of the unique role, and built-in prohibitions on that user, do
//     not count.
//
// A user who is admitted had nothing before, so all that the user then has counts as given.
//
// Commands on behalf of a user are compared twice, with each of the two users as the actor.
//
// If less is allowed, rank is decided with a policy that has no prohibitions, everyone, visitors,
// team roles, own and sole without not. Membership, seat assignment and settings count as after the command for giving, and
// as before it for taking, so that only differences that the promise covers are compared. Ownership
// transfers are sent and not checked, because the policy defines what the two users get.
//
// Tests:
//
//   - TestCommands sends random commands and checks each effect. Commands that are rejected as
//     escalation are repeated as the host and checked as well, to count needless rejections.
//   - TestPaths does the same in accounts that define roles, for invitations with an end, for requests that one user
//     makes and another approves, and for commands on behalf of a user. The oracle writes the defined roles
//     into the policy file, as roles of the file, and compares the policy before the commands with the one after them. For
//     each new or changed role, a new user who holds it must not be able to do more than its author.
//     Mutants without the ceiling in one of these paths must each break the promise.
//   - TestPairs lets two users together send 200 commands, and compares the end with the beginning, also at each later time
//     at which something scheduled takes effect.
//   - TestRolesOnResources, TestRolesOnPairs and TestRolesOnAttached do the same in accounts where users and teams hold roles
//     on calendars and folders, with terms, requests to join, invitations and defined roles.
//   - TestMutants opens one hole after another in the ceiling; the oracle must find each. A mutant
//     allows commands that the real ceiling rejects: all of a kind; those that pass under a policy
//     without never rules, scopes or some conditions; those that pass if the sender has more. A new
//     kind of command that gives or takes needs a line in the table.
//   - TestKnownCases and TestKnownRefusals have small cases with the expected result. TestStandIn
//     tests the oracle itself: users in their own place can do what they can do. It counts the
//     decisions by each word of the format, and TestCommands the policies with it.
//
// Longer runs:
//
//	go test ./ceilingproof -run TestCommands -worlds 5000 -seed 100000 -timeout 1h
//	go test ./ceilingproof -run TestPaths -worlds 5000 -seed 100000 -timeout 1h
//	go test ./ceilingproof -run TestPairs -pairs 2000 -seed 100000 -timeout 1h
//
// A failure prints the smallest policy, account and command that shows it, and the command that
// repeats it. -go-on counts failures instead of ending at the first; -needless 10 prints needless
// rejections.
package ceilingproof_test
