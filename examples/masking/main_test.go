package main

func Example() {
	main()
	// Output:
	// mia 09:00 Salary talk, place &{3.14}
	// mia [09:00 Salary talk 3.14]
	// max 09:00 Booked, place <nil>
	// max [09:00 Booked <nil>]
	// eve nothing: the decision denies
	// eve [<nil> <nil> <nil>]
}
