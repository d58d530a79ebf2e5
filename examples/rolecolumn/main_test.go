package main

func Example() {
	main()
	// Output:
	// olivia: before true, now true (granted)
	// adam: before true, now true (granted)
	// mia: before false, now true (granted)
	// old: before false, now false (unknown-user)
	// set-role mia admin: mia may not user.set-role: denied (no-permission): the user has no rule for user.set-role
}
