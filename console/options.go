package console

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/usherhttp"
)

// Options configure a Console. Engine and Subject are required.
type Options struct {
	// Engine decides what a viewer sees, and makes the changes.
	Engine *engine.Engine

	// Subject returns the user who sends a request; the host has authenticated them. It is
	// the same function as Guard.Subject of package usherhttp, with the same errors. The
	// account of the Subject is the account that the Console shows.
	Subject func(*http.Request) (usherhttp.Subject, error)

	// People returns names, e-mail addresses and pictures of users of an account, all users
	// of a page in one call. It may leave out users. An error is logged, and the page shows
	// ids. Default: the Console shows ids.
	People func(ctx context.Context, account usher.AccountID, users []usher.UserID) (map[usher.UserID]Profile, error)

	// Search returns the users of an account whose name or e-mail address matches what a
	// viewer typed, in any order. The Console shows only those that the viewer may see; if the
	// policy hides the name or the e-mail address of one, the other must contain the query. At
	// most the first MaxFound are used. An error is logged, and only ids are searched.
	// Default: only ids are searched.
	Search func(ctx context.Context, account usher.AccountID, query string) ([]usher.UserID, error)

	// IDs returns the ids of people that a viewer invites, by what the viewer typed or pasted,
	// such as e-mail addresses. The keys of the result are these entries; for people who have
	// no user, the host chooses ids, such as the keys of account.Invite. It must return the same
	// id for an entry until that invitation is accepted or ends, because the Console calls IDs
	// for the preview and again for the change. An entry that the result lacks is rejected, on
	// its line. On an error, no users are invited. The Console sends no messages: the host sends
	// them when the account's journal has the invitation, or in Submit. Default: each entry is
	// an id.
	IDs func(ctx context.Context, account usher.AccountID, entries []string) (map[string]usher.UserID, error)

	// Resources returns resources of an account by their types and ids, all of a page in one call.
	// Viewers who may share one, such as by calendar.share, then give and take roles on it on
	// the page shares?type=calendar&id=ID. It may leave out resources. An error is logged, and the
	// page shows ids without forms. Default: the Console shows ids, and offers no forms.
	Resources func(ctx context.Context, account usher.AccountID, refs []usher.Ref) (map[usher.Ref]Item, error)

	// Submit makes a change that a viewer has confirmed. Set it if a change of the account also
	// changes rows of the host, such as those of a removed user: the function calls
	// Engine.SubmitTx in its own transaction. Or set it to send e-mails after the commit, such as
	// for account.Invite and account.ResendInvitation. It must return the result and the error of
	// the engine. Default: Engine.Submit.
	Submit func(*http.Request, engine.Batch) (engine.Result, error)

	// BuySeats returns the address of the host's page on which an account buys seats of a
	// pool, "" for none. Viewers who may buy seats see the link. The number of seats of such
	// a pool follows from what is paid there, so the Console does not set it. Default: no link;
	// viewers who may buy seats set the number on the page of seats.
	BuySeats func(account usher.AccountID, pool seat.PoolName) string

	// ReadOnly offers no changes, and rejects them. Default: changes are possible.
	ReadOnly bool

	// Disclose contains the conditions, as the policy writes them, that a denied viewer may
	// see. It is that of Guard in package usherhttp. Default: none.
	Disclose []string

	// Home is the address of a page of the host. A link to it begins every page; its text is
	// layout.home in Texts. Default: no link.
	Home string

	// Stylesheet is the address of a CSS file of the host, which is loaded after that of the
	// Console. It can set the properties that assets/console.css lists at its start, such as
	// --usher-accent. Default: none.
	Stylesheet string

	// Language returns the language of a request, such as "de". A language without texts is
	// replaced by English. Default: the header Accept-Language.
	Language func(*http.Request) string

	// Texts adds languages, and replaces texts of the languages that are included, en and de.
	// The first key is the language, the second that of a text in texts/en.txt. A text may
	// contain the placeholders that the English one contains. Texts that a language lacks
	// are shown in English. Default: none.
	Texts map[string]map[string]string

	// TimeZone returns the time zone of the viewer. Default: UTC.
	TimeZone func(*http.Request) *time.Location

	// TrustedOrigins are the origins, such as https://admin.example.com, that may send forms
	// from another site. Default: only the Console's own origin.
	TrustedOrigins []string

	// Log gets what only operators may read; levels and texts are those of Guard.Log in
	// package usherhttp. Default: slog.Default.
	Log *slog.Logger
}

// Profile is what the host knows about a user. All fields are optional, and may contain any
// text: the Console escapes them. The id stands in for a name without visible characters.
type Profile struct {
	Name    string
	Email   string
	Picture string // the address of an image, which every viewer's browser loads, so users must not choose it freely; https, or relative to the page
}

// MaxFound limits the users that Options.Search may find.
const MaxFound = 1000

// complete validates the options and sets the defaults.
func (o Options) complete() (Options, error) {
	switch {
	case o.Engine == nil:
		return o, errors.New("Options.Engine is nil; want the *engine.Engine that keeps the accounts")
	case o.Subject == nil:
		return o, errors.New("Options.Subject is nil; want a function that returns the user who sends a request")
	}
	if _, err := url.Parse(o.Stylesheet); err != nil {
		return o, printable.Errorf("Options.Stylesheet is not an address: %w", err)
	}
	if _, err := url.Parse(o.Home); err != nil {
		return o, printable.Errorf("Options.Home is not an address: %w", err)
	}
	if o.Submit == nil {
		o.Submit = func(r *http.Request, b engine.Batch) (engine.Result, error) { return o.Engine.Submit(r.Context(), b) }
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.TimeZone == nil {
		o.TimeZone = func(*http.Request) *time.Location { return time.UTC }
	}
	return o, nil
}
