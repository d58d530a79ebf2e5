package main

func Example() {
	main()
	// Output:
	// allowed by `member: sole` of calendar.edit (oncehub.yaml:97)
	// denied (out-of-scope): `member: sole` of calendar.edit (oncehub.yaml:97) does not reach this resource
	// mia may not calendar.edit on calendar demo: denied (out-of-scope): `member: sole` of calendar.edit (oncehub.yaml:97) does not reach this resource; what would help: be the only host; or a grant of calendar.edit; or role admin; or role owner, handed over by the present owner
	// mia may calendar.view
	// the page has calendar.view true
	// the page has calendar.edit false
	// olivia may calendar.edit
}
