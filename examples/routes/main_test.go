package main

func Example() {
	main()
	// Output:
	// mia PUT /calendars/intro?title=Hello 204
	// mia PUT /calendars/demo?title=Mine 403 {"type":"tag:usher-go.github.io,2026:denied","title":"Forbidden","status":403,"detail":"You don't have access to this item.","permission":"calendar.edit","reason":"out-of-scope"}
	// eve PUT /calendars/demo?title=Mine 404 {"type":"about:blank","title":"Not Found","status":404,"detail":"This item does not exist, or you cannot see it."}
	// adam PUT /seats/mia 204
	// adam PUT /seats/max 409 {"type":"tag:usher-go.github.io,2026:no-seats-left","title":"Conflict","status":409,"detail":"All seats are taken."}
	// adam PUT /owner/adam 403 {"type":"tag:usher-go.github.io,2026:denied","title":"Forbidden","status":403,"detail":"This is not allowed here.","permission":"account.transfer","reason":"forbidden"}
	// olivia PUT /owner/adam 204
}
