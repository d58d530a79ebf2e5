package main

func Example() {
	main()
	// Output:
	// mia edits intro: false
	// mia - mia makes the request 1: for assign-seat mia booking
	// inbox of mona: 1 by mia, "for the fair"
	// mia - approve 1: denied: mia made the request 1, and another user approves it
	// mona - the request 1 of mia is approved, mia gets a seat in booking
	// mia edits intro: true
	// mona - mona makes the request 2: for set-seats booking 2, assign-seat max booking
	// adam - approve 2: command 1 of 2 of the request, set-seats booking 2: adam may not seat.purchase: denied (no-permission): the user has no rule for seat.purchase
	// olga - the request 2 of mona is approved, seats in booking: 1 becomes 2, max gets a seat in booking
	// adam - adam makes the request 3: for transfer-ownership to adam
	// olga - the request 3 of adam is approved, olga hands the account over to adam, who was admin, and becomes admin
	// mia - mia makes the request 4: for set-role mia admin
	// adam - the request 4 of mia is declined
	// zoe - zoe is added as member (requested)
	// adam - zoe: requested becomes active
}
