package main

import (
	"fmt"
	"io"
	"strings"
)

// request is something to try.
type request struct {
	says   string // what comes of it
	status int
	curl   string // with ADDR for the address
}

// requests are shown when the service starts. A test sends them.
var requests = []request{
	{
		"mia lists the calendars that she hosts, and what she may do to each", 200,
		`curl -H 'X-User: mia' http://ADDR/accounts/acme/calendars`,
	},
	{
		"she may edit the one that she hosts alone, but not the one with max", 403,
		`curl -H 'X-User: mia' -X PUT -d '{"title": "Our demo"}' http://ADDR/accounts/acme/calendars/demo`,
	},
	{
		"adam, an administrator, asks why, and what would help", 200,
		`curl -H 'X-User: adam' 'http://ADDR/accounts/acme/explain?user=mia&can=calendar.edit&on=demo'`,
	},
	{
		"max sees when mia is booked, and nothing else", 200,
		`curl -H 'X-User: max' http://ADDR/accounts/acme/calendars/intro/bookings`,
	},
	{
		"ned gets no seat, since all are held", 409,
		`curl -H 'X-User: adam' -X PUT http://ADDR/accounts/acme/seats/booking/ned`,
	},
}

// try writes the requests as lines for a shell.
func try(addr string) string {
	var b strings.Builder
	for _, r := range requests {
		fmt.Fprintf(&b, "# %s: %d\n%s\n", r.says, r.status, strings.ReplaceAll(r.curl, "ADDR", addr))
	}
	return b.String()
}

func welcome(w io.Writer, addr, dir string) {
	fmt.Fprintf(w, `scheduler is on http://%s
Open that in a browser, or send the requests below.
Its data is in %s; delete that to begin anew.
It believes the header X-User. A real service has a login there.

%s
Ctrl-C ends it.
`, addr, dir, try(addr))
}
