package main

func Example() {
	main()
	// Output:
	// a role can see calendars: own
	// a role can see calendars: team
	// a role can see calendars: any
	// a role can change calendars: own
	// a role can change calendars: team
	// a role can see invoices: any
	// fred edits the calendar of dina: allowed by `front-desk: team` of calendar.edit (policy.yaml:12)
	// define-role planner with calendar.edit: any: not offered: the policy does not offer "any" for calendar.edit; it offers own, team
	// define-role books with invoice.view: any: escalation: a user with the role books would get invoice.view by `books: any` of invoice.view (policy.yaml:13), which the rules of adam do not cover; a user with user.delegate, or the host, can define it
	// define-role admin with calendar.view: any: exists: the policy declares the role admin itself; choose another name
	// 1 user would lose `front-desk: any` of calendar.view (policy.yaml:11)
	// 1 user would lose `front-desk: team` of calendar.edit (policy.yaml:12)
	// set policy: the policy does not fit account acme: the account's own role front-desk loses calendar.edit: team, which it does not offer
	// accepted: true
	// fred edits the calendar of dina: denied (out-of-scope): `front-desk: own` of calendar.edit (policy.yaml:12) does not reach this resource
	// delete-role front-desk: role in use: 1 user holds the role front-desk; replace-by gives them another role
	// 1 user gets member instead of front-desk
	// the role front-desk is deleted
}
