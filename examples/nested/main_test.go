package main

func Example() {
	main()
	// Output:
	// folder.view of olivia: ["All" "Europe" "Sales"] <nil>
	// folder.view of mia: ["Europe" "Sales"] <nil>
	// folder.view of max: [] <nil>
	// folder.view of tom: [] <nil>
	// file.view of olivia: ["Plan"] <nil>
	// file.view of mia: ["Plan"] <nil>
	// file.view of max: ["Leak" "Memo" "Plan"] <nil>
	// file.view of tom: [] <nil>
	// comment.view of olivia: ["Nice"] <nil>
	// comment.view of mia: ["Nice"] <nil>
	// comment.view of max: ["Nice" "Why?"] <nil>
	// comment.view of tom: ["Nice" "Why?"] <nil>
}
