// Package mirror copies what a journal says about the members of an account to plain tables, which
// a host application can join with its own: users with role and status, teams with members and
// roles, seats, and grants.
//
// A [Delta] contains what one commit changes in the tables, and a [Batch] writes the deltas of many
// accounts in few statements. [AddState] adds all rows of an account, and [Check] compares tables
// with an account. A store writes a commit and its rows in one transaction.
package mirror
