package main

func Example() {
	main()
	// Output:
	// second: unknown-user
	// second, at least version 2 granted
}
