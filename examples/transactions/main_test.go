package main

func Example() {
	main()
	// Output:
	// 2 <nil>
	// 2 <nil>
	// 0 command 2 of 2: assign-seat max booking: no seats left: 1 of 1 seats in booking are held, and 2 would be; set-seats buys more, unassign-seat frees one
	// staff: [Mia]
	// <nil>
	// mia may not slot.book on slot 10:00: denied (condition-unmet): `member: own if seated` of slot.book (policy.yaml:14) would allow it, but seated does not hold
	// slots: [mia 9:00]
	// 1 the account is created, with olivia as owner
	// 1 seats in booking: 0 becomes 1
	// 2 mia is added as member
	// 2 mia gets a seat in booking
	// 3 mia loses the seat in booking
}
