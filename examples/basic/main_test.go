package main

func Example() {
	main()
	// Output:
	// allowed by `member: sole` of calendar.edit (oncehub.yaml:97)
	// denied (out-of-scope): `member: sole` of calendar.edit (oncehub.yaml:97) does not reach this resource
}
