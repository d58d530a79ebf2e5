package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/usherhttp"
)

// maxForm limits the bytes of a form.
const maxForm = 1 << 20

// form has the fields of a form, as the browser sent them, or of a JSON body with the same
// names.
type form struct {
	values url.Values
	zone   *time.Location
	now    time.Time
}

// ownFields are the fields that every form has.
//
//	version    the version of the account that the form was made from
//	key        the idempotency key: a form that is sent twice makes one change
//	back       the query of the page that has the form
//	confirmed  "yes" once the viewer has seen the effects
//	typed      what the viewer typed to confirm
var ownFields = []input{
	{Name: "version", Kind: "count"}, {Name: "key", Kind: "text"}, {Name: "back", Kind: "text"}, {Name: "confirmed", Kind: "flag"}, {Name: "typed", Kind: "text"},
}

// inputError is the error of a field that cannot be read. Key is that of its text. Lines are the
// lines of the field that cannot be read, if it has several.
type inputError struct {
	Field string
	Key   string
	Pairs []any
	Lines []refusedLine
}

func (e *inputError) Error() string { return "the field " + e.Field + " is not valid: " + e.Key }

// readForm reads the form of a request.
func readForm(w http.ResponseWriter, r *http.Request, a *action, zone *time.Location, now time.Time) (form, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	f := form{zone: zone, now: now}
	var err error
	if hasJSON(r) {
		f.values, err = readJSON(r)
	} else {
		err = r.ParseForm()
		f.values = r.PostForm
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return form{}, &usherhttp.Problem{Status: http.StatusRequestEntityTooLarge}
	case err != nil:
		return form{}, &usherhttp.Problem{Status: http.StatusBadRequest}
	}
	for name := range f.values {
		known := func(i input) bool { return i.Name == name }
		if !slices.ContainsFunc(a.Inputs, known) && !slices.ContainsFunc(ownFields, known) {
			delete(f.values, name)
		}
	}
	return f, nil
}

// readJSON reads a JSON object with texts, numbers, bools and lists of texts.
func readJSON(r *http.Request) (url.Values, error) {
	d := json.NewDecoder(r.Body)
	d.UseNumber()
	var object map[string]any
	if err := d.Decode(&object); err != nil {
		return nil, err
	}
	values := url.Values{}
	for name, v := range object {
		list, many := v.([]any)
		if !many {
			list = []any{v}
		}
		for _, v := range list {
			switch v := v.(type) {
			case nil:
			case string:
				values.Add(name, v)
			case json.Number:
				values.Add(name, v.String())
			case bool:
				values.Add(name, yes(v))
			default:
				return nil, errors.New("want a text, a number, a bool, or a list of texts")
			}
		}
	}
	return values, nil
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// text returns a field without the blanks around it.
func (f form) text(name string) string { return strings.TrimSpace(f.values.Get(name)) }

// raw returns a field as it was sent. Ids are never changed.
func (f form) raw(name string) string { return f.values.Get(name) }

// user returns a field with the id of a user.
func (f form) user(name string) usher.UserID { return usher.UserID(f.raw(name)) }

// flag reports whether a checkbox is on.
func (f form) flag(name string) bool {
	v := f.values.Get(name)
	return v == "yes" || v == "true" || v == "on"
}

// has reports whether a form has a field, even if it is empty.
func (f form) has(name string) bool { return f.values.Has(name) }

// list returns the values of a field that occurs several times, without empty ones, each once.
func (f form) list(name string) (list []string) {
	seen := map[string]bool{"": true}
	for _, v := range f.values[name] {
		if !seen[v] {
			seen[v] = true
			list = append(list, v)
		}
	}
	return list
}

// lines returns the lines of a text field without blank ones.
func (f form) lines(name string) (list []string) {
	for line := range strings.Lines(f.values.Get(name)) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// count returns a field with a number of at least 0.
func (f form) count(name string) (int, error) {
	n, err := strconv.Atoi(f.text(name))
	if err != nil || n < 0 {
		return 0, &inputError{Field: name, Key: "input.count"}
	}
	return n, nil
}

// endOf returns the end of the day in a field, in the viewer's time zone; zero for an empty
// field. A grant until a day is valid on that day.
func (f form) endOf(name string) (time.Time, error) {
	text := f.text(name)
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, text, f.zone)
	if err != nil {
		return time.Time{}, &inputError{Field: name, Key: "input.date"}
	}
	return day.AddDate(0, 0, 1), nil
}

// startOf returns the start of the day in a field, in the viewer's time zone; zero for an empty
// field and for a day that has begun, so that it stands for now.
func (f form) startOf(name string) (time.Time, error) {
	text := f.text(name)
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, text, f.zone)
	if err != nil {
		return time.Time{}, &inputError{Field: name, Key: "input.date"}
	}
	if !day.After(f.now) {
		return time.Time{}, nil
	}
	return day, nil
}

// need returns an error if a field is empty.
func (f form) need(inputs []input) error {
	for _, i := range inputs {
		if i.Must && len(f.list(i.Name)) == 0 {
			return &inputError{Field: i.Name, Key: "input.empty"}
		}
	}
	return nil
}

// version returns the version that the form was made from, 0 for none.
func (f form) version() uint64 {
	n, _ := strconv.ParseUint(f.text("version"), 10, 64)
	return n
}

// pageQuery returns the query of the page that has the form: the field back, and parameters of the
// page that the form has, too, such as the id of a user.
func (f form) pageQuery(p *page, a *action) url.Values {
	query, err := url.ParseQuery(f.raw("back"))
	if err != nil {
		query = url.Values{}
	}
	for _, i := range p.Params {
		if i.Must && !query.Has(i.Name) && slices.ContainsFunc(a.Inputs, func(own input) bool { return own.Name == i.Name }) {
			query.Set(i.Name, f.raw(i.Name))
		}
	}
	return query
}
