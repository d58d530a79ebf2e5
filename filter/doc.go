// Package filter answers which resources of an account somebody may do something
// with: "which calendars may mia edit?" The answer is a value, a [Filter], which
// package policy makes of the same rules that decide a single check.
//
//	editable, err := p.Filter(facts, &usher.Request{
//		Account:    "acme",
//		Subject:    "mia",
//		Permission: editCalendar,
//		Time:       now,
//	})
//
// For resources in memory it is a predicate:
//
//	for _, c := range calendars {
//		selected, err := editable.Match(c)
//		if err != nil {
//			return err
//		}
//		if selected {
//			show(c, editable.Masks(c))
//		}
//	}
//
// For resources in a table it is a condition with parameters. A [Mapping] says once
// where the table has what rules look at:
//
//	calendars, err := filter.Mapping{
//		Type:    "calendar",
//		Account: filter.Column{Name: "c.account_id"},
//		Parties: map[string]filter.Party{
//			"host": filter.Join{
//				Table: "calendar_hosts",
//				Key:   map[string]string{"calendar_id": "c.id"},
//				ID:    filter.Column{Name: "user_id"},
//			},
//			"team": filter.Column{Name: "c.team_id"},
//		},
//	}.Compile(filter.PostgreSQL)
//
//	if editable.None() {
//		return nil, nil // the query would select nothing
//	}
//	where, err := editable.SQL(calendars, 2) // $1 is the query's own
//	rows, err := db.QueryContext(ctx,
//		`SELECT c.id, c.title FROM calendars c WHERE c.id > $1 AND `+where.SQL+` ORDER BY c.id LIMIT 50`,
//		append([]any{after}, where.Args...)...)
//
// No value ever becomes part of the text, and the account is in every condition: a
// filter that selects everything selects everything of its account.
package filter
