package main

func Example() {
	main()
	// Output:
	// page 1: [Ann (staff) Max (staff)]
	// page 2: [Mia (staff)]
	// managers of Max: [Mia (sales)]
}
