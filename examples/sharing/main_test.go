package main

func Example() {
	main()
	// Output:
	// max edits intro: denied (out-of-scope): `member: own` of calendar.edit (policy.yaml:12) does not reach this resource
	// intro: max is editor until 1 June
	// intro: sales is viewer
	// max sees [demo intro]
	// sue sees [intro]
	// max may calendar.edit on calendar intro: allowed by `editor: here` of calendar.edit (policy.yaml:12); until 2026-06-01T00:00:00Z
	// max edits intro in June: denied (out-of-scope): `member: own` of calendar.edit (policy.yaml:12) does not reach this resource
	// max shares intro: give-role-on sales viewer on calendar intro: max may not calendar.share: denied (out-of-scope): `member: own` of calendar.share (policy.yaml:13) does not reach this resource
	// max sees [demo]
	// olivia has a new intro
	// sue sees []
}
