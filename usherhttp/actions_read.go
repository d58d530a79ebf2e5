package usherhttp

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// read returns the references in a request.
func (a *Actions) read(w http.ResponseWriter, r *http.Request) (refs []usher.Ref, err error) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		refs, err = readQuery(r)
	case http.MethodPost:
		refs, err = a.readBody(w, r)
	default:
		return nil, &Problem{Status: http.StatusMethodNotAllowed}
	}
	if err != nil {
		return nil, err
	}
	if len(refs) > a.limit() {
		return nil, &Problem{Status: http.StatusRequestEntityTooLarge}
	}
	for i, ref := range refs {
		switch {
		case ref.Type == "" || ref.ID == "":
			return nil, badRequest("resource %d needs a type and an id", i+1)
		case !utf8.ValidString(ref.Type) || !utf8.ValidString(ref.ID):
			return nil, badRequest("resource %d is not UTF-8", i+1)
		}
	}
	return refs, nil
}

func (a *Actions) limit() int {
	if a.Limit > 0 {
		return a.Limit
	}
	return defaultLimit
}

func readQuery(r *http.Request) ([]usher.Ref, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("the query is malformed")
	}
	refs := make([]usher.Ref, len(query["on"]))
	for i, on := range query["on"] {
		typ, id, found := strings.Cut(on, ":")
		if !found {
			return nil, badRequest("write resource %d as type:id, for example calendar:c1", i+1)
		}
		refs[i] = usher.Ref{Type: typ, ID: id}
	}
	return refs, nil
}

func (a *Actions) readBody(w http.ResponseWriter, r *http.Request) ([]usher.Ref, error) {
	var body struct {
		Resources []struct {
			Type string `json:"type"`
			ID   string `json:"id"`
		} `json:"resources"`
	}
	most := bytesMore + int64(a.limit())*bytesEach
	d := json.NewDecoder(http.MaxBytesReader(unwrapped(w), r.Body, most))
	d.DisallowUnknownFields()
	err := d.Decode(&body)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.Join(errors.New("trailing data"), more)
		}
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &Problem{Status: http.StatusRequestEntityTooLarge}
	case err != nil:
		return nil, badRequest("the body is not a JSON object with resources, each with a type and an id")
	}
	refs := make([]usher.Ref, len(body.Resources))
	for i, ref := range body.Resources {
		refs[i] = usher.Ref{Type: ref.Type, ID: ref.ID}
	}
	return refs, nil
}

// unwrapped returns the writer of net/http, which closes the connection to a client that
// sends too much.
func unwrapped(w http.ResponseWriter) http.ResponseWriter {
	for {
		inner, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = inner.Unwrap()
	}
}

func badRequest(format string, args ...any) error {
	text := printable.Sprintf(format, args...)
	return &Problem{Status: http.StatusBadRequest, Detail: strings.ToUpper(text[:1]) + text[1:] + "."}
}
