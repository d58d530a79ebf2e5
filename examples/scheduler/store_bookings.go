package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/mask"
)

// booking is the booking of a host by a guest. The usher tags are the fields that the policy
// can hide.
type booking struct {
	ID       string          `json:"id"`
	Account  usher.AccountID `json:"-"`
	Calendar string          `json:"calendar"`
	Host     string          `json:"host"`
	Starts   time.Time       `json:"starts"`
	Ends     time.Time       `json:"ends"`
	Title    string          `json:"title" usher:"title"`
	Guest    string          `json:"guest,omitempty" usher:"guest"`
	Notes    string          `json:"notes,omitempty" usher:"notes"`
}

// shown masks a booking for users who may see only its time.
var shown = mask.MustFor[*booking](mask.Placeholders{"title": "Booked"})

func (b *booking) Ref() usher.Ref { return usher.Ref{Type: "booking", ID: b.ID} }

func (b *booking) InAccount() usher.AccountID { return b.Account }

func (b *booking) Party(name string) (ids []string, known bool) {
	switch name {
	case "host":
		if b.Host == "" {
			return nil, true // the host is not a user any more
		}
		return []string{b.Host}, true
	case "user":
		return nil, true // only for booking.receive, which is checked without a booking
	}
	return nil, false
}

var bookingMapping = filter.Mapping{
	Type:    "booking",
	Account: filter.Column{Name: "b.account_id"},
	Parties: map[string]filter.Party{
		"host": filter.Column{Name: "b.host_id"},
		"user": filter.Empty{},
	},
}

const selectBooking = `SELECT b.account_id, b.id, b.calendar_id, b.host_id, b.starts, b.ends, b.title, b.guest, b.notes FROM bookings b WHERE `

func scanBooking(scan func(...any) error) (*booking, error) {
	b := new(booking)
	var starts, ends int64
	err := scan(&b.Account, &b.ID, &b.Calendar, &b.Host, &starts, &ends, &b.Title, &b.Guest, &b.Notes)
	b.Starts, b.Ends = time.Unix(starts, 0).UTC(), time.Unix(ends, 0).UTC()
	return b, err
}

// booking returns a booking of an account.
func (st *store) booking(ctx context.Context, in usher.AccountID, id string) (*booking, error) {
	return readOne(ctx, st.read(), scanBooking, selectBooking+`b.account_id = ?1 AND b.id = ?2`, in, id)
}

// listBookings returns the bookings of a calendar that a filter selects and that end after
// a time, sorted by start.
func (st *store) listBookings(ctx context.Context, visible filter.Filter, calendar string, after time.Time, limit int) ([]*booking, error) {
	where, err := visible.SQL(st.bookings, 4)
	if err != nil {
		return nil, err
	}
	return readAll(ctx, st.read(), scanBooking, selectBooking+where.SQL+` AND b.calendar_id = ?1 AND b.ends > ?2 ORDER BY b.starts, b.id LIMIT ?3`,
		append([]any{calendar, after.Unix(), limit}, where.Args...)...)
}

// book stores a booking. It returns errChanged if the calendar has changed since it was
// loaded, and errTaken if the host has another booking at that time. Until the transaction
// ends, no other transaction can book the host or change the calendar, on any instance.
func (tx *tx) book(ctx context.Context, b *booking, in *calendar) error {
	if lock := tx.dialect.lockHost; lock != "" {
		if _, err := tx.exec(ctx, lock, b.Account, b.Host); err != nil {
			return err
		}
	}
	switch revision, err := readOne(ctx, tx.statements, scanNumber,
		`SELECT revision FROM calendars WHERE account_id = ?1 AND id = ?2`+tx.dialect.share, b.Account, in.ID); {
	case errors.Is(err, errNoRow), err == nil && revision != in.Revision:
		return errChanged
	case err != nil:
		return err
	}
	switch busy, err := readOne(ctx, tx.statements, scanNumber,
		`SELECT count(*) FROM bookings WHERE account_id = ?1 AND host_id = ?2 AND starts < ?4 AND ends > ?3`,
		b.Account, b.Host, b.Starts.Unix(), b.Ends.Unix()); {
	case err != nil:
		return err
	case busy > 0:
		return errTaken
	}
	_, err := tx.exec(ctx, `INSERT INTO bookings (account_id, id, calendar_id, host_id, starts, ends, title, guest, notes)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`,
		b.Account, b.ID, in.ID, b.Host, b.Starts.Unix(), b.Ends.Unix(), b.Title, b.Guest, b.Notes)
	if err != nil {
		return fmt.Errorf("book %s: %w", b.ID, err)
	}
	return nil
}

func scanNumber(scan func(...any) error) (n int64, err error) {
	err = scan(&n)
	return n, err
}

// cancel deletes a booking.
func (tx *tx) cancel(ctx context.Context, b *booking) error {
	n, err := tx.exec(ctx, `DELETE FROM bookings WHERE account_id = ?1 AND id = ?2 AND host_id = ?3`, b.Account, b.ID, b.Host)
	return affected(n, err, errNoRow)
}
