package main

func Example() {
	main()
	// Output:
	// mona - nina@example.org is added as member (invited), nina@example.org joins the team sales, scheduled as 1 for 2026-03-09T09:00:00Z: revoke-invitation nina@example.org
	// mona - invite pia@example.org as admin in sales: escalation: pia@example.org would get user.create by `admin: any` of user.create (policy.yaml:11), which the rules of mona do not cover; a user with user.delegate, or the host, can give it
	// adam - otto@example.org is added as member (invited), otto@example.org joins the team support, scheduled as 2 for 2026-03-09T09:00:00Z: revoke-invitation otto@example.org, otto@example.org gets the role manager on the team support, otto@example.org gets a seat in booking
	// open: nina@example.org member [{sales []}] [] 2026-03-09
	// open: otto@example.org member [{support [manager]}] [booking] 2026-03-09
	// eve - this link does not work
	// nina - what was scheduled as 1 for 2026-03-09T09:00:00Z will not happen, nina@example.org, with the role member, has the id nina from now on, nina joins the team sales, nina: invited becomes active
	// nina again - was done in version 4
	// eve - this link does not work
	// otto - this link does not work
	// adam - on 2026-03-09T09:00:00Z, what was scheduled as 2 takes effect, otto@example.org loses the seat in booking, otto@example.org is removed, mona gets a seat in booking
	// adam - nina@work.example is added as admin (invited), nina@work.example joins the team support
	// nina - nina@work.example, with the role admin, becomes part of nina, nina joins the team support
	// host signup - nina, with the role member, has the id sso-17 from now on, sso-17 joins the team sales, sso-17 joins the team support
	// host signup - nina is added as member
	// host signup - nina, with the role member, becomes part of sso-17
	// sso-17 is in [sales support]
	// adam - sso-17 is removed, sso-17 is added as member
	// sso-17 is in []
}
