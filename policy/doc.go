// Package policy answers what the roles of a product may do. A [Policy] is compiled from a
// policy file. It is immutable and fast, and answers over the facts of an account that the
// host application or the engine knows.
//
//	p, err := policyfile.Load("rooms.yaml", src)
//	d, err := p.Decide(facts, &usher.Request{Subject: "mia", Permission: edit, Resource: calendar, Time: now})
//
// Package policyfile reads policy files, and package syntax is a file as it is written.
// [Compile] makes a Policy of it. A program that only decides links no YAML: neither this
// package nor package syntax imports it.
//
// A file says which roles there are, and in a table for each kind of resource which role
// may do what:
//
//	usher: 1
//	seats: {booking: {}}
//	conditions:
//	  seated: {seat: booking}
//	roles:
//	  owner:   {unique: true, includes: [admin], hands-over-to: admin}
//	  admin:   {}
//	  member:  {default: true}
//	  manager: {held-on: team}
//	resources:
//	  calendar:
//	    parties: {host: users, team: teams}
//	    permissions:
//	      view: {everyone: any}
//	      edit: {admin: any, manager: team, member: sole if seated}
//	  user:
//	    permissions:
//	      create: {admin: any}   # for which the command add-user asks
//
// FORMAT.md in this directory explains every key of a file, the rules, and which
// command asks for which permission.
package policy
