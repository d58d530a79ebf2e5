package main

func Example() {
	main()
	// Output:
	// (visitor) GET /acme/calendars 200 intro
	// mia GET /acme/calendars 200 intro internal
	// (visitor) GET /acme/calendars/intro 200 intro, guests hidden: true
	// mia GET /acme/calendars/intro 200 intro, guests hidden: false
	// (visitor) GET /acme/calendars/internal 401 Unauthorized
	// zoe GET /acme/calendars/internal 403 Forbidden
	// (visitor) POST /acme/calendars/intro/bookings 200 booked
	// eve POST /acme/calendars/intro/bookings 403 Forbidden
}
