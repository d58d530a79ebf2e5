package main

func Example() {
	main()
	// Output:
	// adam: ["Intro" "Demo" "Review"] <nil>
	// mia: ["Intro" "Demo" "Busy"] <nil>
	// eve: [] <nil>
}
