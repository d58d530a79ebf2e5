package main

func Example() {
	main()
	// Output:
	// version 2
	// true transfer-ownership to adam: adam may not account.transfer: denied (forbidden) by the built-in protection that only the owner hands ownership over
	// true command 2 of 2: assign-seat max booking: no seats left: 1 of 1 seats in booking are held, and 2 would be; set-seats buys more, unassign-seat frees one
	// would change: olivia hands the account over to adam, who was admin, and becomes admin
	// 1 host signup - the account is created, with olivia as owner
	// 1 host signup - seats in booking: 0 becomes 1
	// 2 olivia - adam is added as admin
	// 2 olivia - mia is added as member
	// 2 olivia - mia gets a seat in booking
}
