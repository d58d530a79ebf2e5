package main

func Example() {
	main()
	// Output:
	// olivia: demo? true (granted); edits ["Demo" "Help" "Intro" "Whole team"]
	// tom: demo? true (granted); edits ["Demo" "Intro" "Whole team"]
	// mia: demo? false (out-of-scope); edits ["Intro"]
	// ina: demo? false (inactive); edits []
}
