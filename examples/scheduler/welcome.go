package main

import (
	"fmt"
	"io"
	"strings"
)

// request is a request to try.
type request struct {
	text   string // what the request shows
	status int
	curl   string // with ADDR in place of the address
}

// requests are printed when the service starts. A test sends them.
var requests = []request{
	{
		"mia lists the calendars that she hosts, and her permissions on each", 200,
		`curl -H 'X-User: mia' http://ADDR/accounts/acme/calendars`,
	},
	{
		"she may edit the calendar that she alone hosts, but not this one, which max hosts, too", 403,
		`curl -H 'X-User: mia' -X PUT -d '{"title": "Our demo"}' http://ADDR/accounts/acme/calendars/demo`,
	},
	{
		"adam, an administrator, looks up the reason, and what would help", 200,
		`curl -H 'X-User: adam' 'http://ADDR/accounts/acme/explain?user=mia&can=calendar.edit&on=demo'`,
	},
	{
		"max sees only when mia is booked", 200,
		`curl -H 'X-User: max' http://ADDR/accounts/acme/calendars/intro/bookings`,
	},
	{
		"adam cannot assign a seat to ned, because all seats are held", 409,
		`curl -H 'X-User: adam' -X PUT http://ADDR/accounts/acme/seats/booking/ned`,
	},
}

// try returns the requests as shell commands.
func try(addr string) string {
	var b strings.Builder
	for _, r := range requests {
		fmt.Fprintf(&b, "# %s: %d\n%s\n", r.text, r.status, strings.ReplaceAll(r.curl, "ADDR", addr))
	}
	return b.String()
}

func welcome(w io.Writer, addr, data string) {
	again := "Run the same command again for another instance on the same data."
	if isDirectory(data) {
		again = "Delete that directory to start again."
	}
	fmt.Fprintf(w, `scheduler is on http://%s
Open that in a browser, or send the requests below.
Its data is in %s.
%s
It trusts the header X-User. A real service has a login there.

%s
Ctrl-C ends it.
`, addr, shownData(data), again, try(addr))
}
