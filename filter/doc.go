// Package filter selects the resources of an account for which a user has a permission: which
// calendars may mia edit? The answer is a [Filter], which policy.Policy.Filter makes from the rules
// that also decide a single check.
//
//	editable, err := p.Filter(facts, &usher.Request{
//		Account:    "acme",
//		Subject:    "mia",
//		Permission: editCalendar,
//		Time:       now,
//	})
//
// For resources in memory, the filter is a predicate:
//
//	for _, c := range inMemory {
//		selected, err := editable.Match(c)
//		if err != nil {
//			return err
//		}
//		if selected {
//			show(c, editable.Masks(c))
//		}
//	}
//
// For the rows of a table, the filter is a condition in SQL. A [Mapping] states once which columns
// have the values that rules depend on:
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
//	where, err := editable.SQL(calendars, 2) // $1 is a parameter of the query
//	rows, err := db.QueryContext(ctx,
//		`SELECT c.id, c.title FROM calendars c WHERE c.id > $1 AND `+where.SQL+` ORDER BY c.id LIMIT 50`,
//		append([]any{after}, where.Args...)...)
//
// Ids are always arguments, never part of the text. Each condition requires the account of the
// request. A filter that selects everything selects everything of that account.
package filter
