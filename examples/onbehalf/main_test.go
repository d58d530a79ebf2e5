package main

func Example() {
	main()
	// Output:
	// true assign-seat sync booking: seat not allowed: sync is a service account, and cannot hold a seat in booking
	// program: sync importer
	// mia GET /calendars/mia 200 notes hidden: false
	// sam for mia GET /calendars/mia 200 notes hidden: true
	// sam for mia GET /calendars/olga 403 Forbidden
	// sam for mia PUT /calendars/mia 403 Forbidden
	// anna for olga PUT /calendars/olga 200 done
	// anna for olga PUT /calendars/mia 403 Forbidden
	// olga POST /calendars/olga/mails 200 done
	// anna for olga POST /calendars/olga/mails 403 Forbidden
	// mia for olga GET /calendars/mia 403 Forbidden
	// sam for mia PUT /settings/public 403 Forbidden
	// sam for adam PUT /settings/public 200 done
	// sync PUT /calendars/olga 200 done
	// sync for mia PUT /calendars/mia 200 done
	// sync for mia PUT /calendars/olga 403 Forbidden
	// journal: sam for adam - the setting public is turned on
}
