package main

func Example() {
	main()
	// Output:
	// mia edits intro: denied (condition-unmet): `member: sole if seated` of calendar.edit (policy.yaml:15) would allow it, but seated does not hold
	// max gets a seat: assign-seat max booking: no seats left: 1 of 1 seats in booking are held, and 2 would be; set-seats buys more, unassign-seat frees one
	// mia edits intro: allowed by `member: sole if seated` of calendar.edit (policy.yaml:15)
	// PUT /calendars/intro 200
	// saved; the page offers to delete it: false
	// PUT /calendars/demo 403
	// PUT /calendars/none 404
}
