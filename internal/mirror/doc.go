// Package mirror copies what a journal says about the members of an account to plain tables, which
// a host application can join with its own: users with role and status, teams with members and
// roles, seats, grants, and the roles of users and teams on resources.
//
// [Members] keeps the tables of a store. Within the package, a delta contains what one commit changes
// in the tables, and a batch writes the deltas of many accounts in few statements. A store writes a
// commit and its rows in one transaction.
package mirror
