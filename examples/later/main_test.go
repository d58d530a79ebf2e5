package main

func Example() {
	main()
	// Output:
	// mia edits plans: mia may plan.edit: allowed by `admin: any` of plan.edit (policy.yaml:10); until 2026-06-01T00:00:00Z
	// mia in June: false
	// mia makes zoe an admin: set-role zoe admin: escalation: from 2026-06-01T00:00:00Z on, zoe would get user.create by `admin: any` of user.create (policy.yaml:11), which the rules of mia do not cover; a user with user.delegate, or the host, can give it
	// from 2026-06-01 on, new rules of max: 1
	// from 2026-07-01 on, new rules of max: 0
	// scheduled: 1 2026-06-01 set-role mia member
	// scheduled: 2 2026-06-01 set-role max planner
	// scheduled: 4 2026-06-01 set-seats desk 1
	// scheduled: 5 2026-06-15 set-role zoe planner
	// scheduled: 3 2026-07-01 set-role max member
	// mia on 2026-07-03: member, edits plans: false
	// max on 2026-07-03: planner, edits plans: true
	// zoe on 2026-07-03: member, edits plans: false
	// was not possible: 2026-06-15 set-role zoe planner
	// recorded: on 2026-06-01T00:00:00Z, what was scheduled as 1 takes effect
	// recorded: mia: admin becomes member
}
