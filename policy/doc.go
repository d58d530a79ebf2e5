// Package policy evaluates access policies: it decides which user may do what on which
// resource. A [Policy] is compiled from a policy file. It is immutable and safe for
// concurrent use. It decides on the facts of an account, which the host application or the
// engine provides.
//
//	p, err := policyfile.Load("rooms.yaml", src)
//	d, err := p.Decide(facts, &usher.Request{Subject: "mia", Permission: edit, Resource: calendar, Time: now})
//
// Access is denied unless a rule allows it (least privilege). Rules under never enforce
// prohibitions such as separation of duties: no role and no grant lifts them. A [Ceiling] keeps users
// from giving more than they have.
//
// Package policyfile reads policy files. Package syntax represents a file as written;
// [Compile] compiles it. A program that only decides links no YAML parser: neither this
// package nor package syntax imports one.
//
// A file declares roles. For each type of resource, a table states which role has which
// permission:
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
//	      create: {admin: any}   # the command add-user checks it
//
// FORMAT.md in this directory documents every key of a file, the rules, and which
// command checks which permission.
package policy
