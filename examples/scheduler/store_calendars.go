package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
)

// calendar is a booking calendar. Its methods make it an usher.Resource; checks use only
// these methods.
type calendar struct {
	ID       string          `json:"id"`
	Account  usher.AccountID `json:"-"`
	Title    string          `json:"title"`
	Hosts    []string        `json:"hosts"`
	Team     string          `json:"team,omitempty"` // a team that also hosts it
	Revision int64           `json:"-"`              // increases with each change
}

func (c *calendar) Ref() usher.Ref { return usher.Ref{Type: "calendar", ID: c.ID} }

func (c *calendar) InAccount() usher.AccountID { return c.Account }

func (c *calendar) Party(name string) (ids []string, known bool) {
	switch name {
	case "host":
		return c.Hosts, true
	case "team":
		if c.Team == "" {
			return nil, true
		}
		return []string{c.Team}, true
	}
	return nil, false // a party that was added to the policy later
}

// calendarMapping maps the parties to columns and tables.
var calendarMapping = filter.Mapping{
	Type:    "calendar",
	Account: filter.Column{Name: "c.account_id"},
	ID:      filter.Column{Name: "c.id"}, // for the editors of single calendars
	Parties: map[string]filter.Party{
		"host": filter.Join{
			Table:   "calendar_hosts",
			Key:     map[string]string{"calendar_id": "c.id"},
			ID:      filter.Column{Name: "user_id"},
			Account: filter.Column{Name: "account_id"},
		},
		"team": filter.Column{Name: "c.team_id"},
	},
}

func (st *store) selectCalendar() string {
	return `SELECT c.account_id, c.id, c.title, coalesce(c.team_id, ''), c.revision, ` + st.dialect.hosts + ` FROM calendars c WHERE `
}

func scanCalendar(scan func(...any) error) (*calendar, error) {
	c := new(calendar)
	var hosts []byte
	if err := scan(&c.Account, &c.ID, &c.Title, &c.Team, &c.Revision, &hosts); err != nil {
		return nil, err
	}
	return c, json.Unmarshal(hosts, &c.Hosts)
}

// calendar returns a calendar of an account.
func (st *store) calendar(ctx context.Context, in usher.AccountID, id string) (*calendar, error) {
	return readOne(ctx, st.read(), scanCalendar, st.selectCalendar()+`c.account_id = ?1 AND c.id = ?2`, in, id)
}

// listCalendars returns the first calendars after an id that a filter selects.
func (st *store) listCalendars(ctx context.Context, visible filter.Filter, after string, limit int) ([]*calendar, error) {
	where, err := visible.SQL(st.calendars, 3) // the query itself uses ?1 and ?2
	if err != nil {
		return nil, err
	}
	return readAll(ctx, st.read(), scanCalendar, st.selectCalendar()+where.SQL+` AND c.id > ?1 ORDER BY c.id LIMIT ?2`,
		append([]any{after, limit}, where.Args...)...)
}

// addCalendar stores a new calendar.
func (tx *tx) addCalendar(ctx context.Context, c *calendar) error {
	c.Revision = 1
	_, err := tx.exec(ctx, `INSERT INTO calendars (account_id, id, title, team_id) VALUES (?1, ?2, ?3, nullif(?4, ''))`,
		c.Account, c.ID, c.Title, c.Team)
	if err != nil {
		return fmt.Errorf("add calendar %s: %w", c.ID, err)
	}
	return tx.putHosts(ctx, c)
}

// saveCalendar stores the title and the hosts of a calendar. It returns errChanged if the
// calendar has changed since it was loaded, so the decision applies to what is changed.
func (tx *tx) saveCalendar(ctx context.Context, c *calendar) error {
	n, err := tx.exec(ctx, `UPDATE calendars SET title = ?4, revision = revision + 1
		WHERE account_id = ?1 AND id = ?2 AND revision = ?3`, c.Account, c.ID, c.Revision, c.Title)
	if err := affected(n, err, errChanged); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `DELETE FROM calendar_hosts WHERE account_id = ?1 AND calendar_id = ?2`, c.Account, c.ID); err != nil {
		return err
	}
	return tx.putHosts(ctx, c)
}

func (tx *tx) putHosts(ctx context.Context, c *calendar) error {
	for _, host := range c.Hosts {
		_, err := tx.exec(ctx, `INSERT INTO calendar_hosts (account_id, calendar_id, user_id) VALUES (?1, ?2, ?3)`, c.Account, c.ID, host)
		if err != nil {
			return fmt.Errorf("host %s of calendar %s: %w", host, c.ID, err)
		}
	}
	return nil
}

// deleteCalendar deletes a calendar with its bookings. It returns errChanged if the calendar
// has changed since it was loaded.
func (tx *tx) deleteCalendar(ctx context.Context, c *calendar) error {
	n, err := tx.exec(ctx, `DELETE FROM calendars WHERE account_id = ?1 AND id = ?2 AND revision = ?3`,
		c.Account, c.ID, c.Revision)
	return affected(n, err, errChanged)
}
