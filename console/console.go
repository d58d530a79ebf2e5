package console

import (
	"net/http"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/usherhttp"
)

// Console is the handler of the pages. New makes a Console; the zero Console responds to every
// request with 500. It is safe for concurrent use.
type Console struct {
	options Options
	guard   usherhttp.Guard // maps errors to problems, and logs them
	origins *http.CrossOriginProtection
	texts   map[string]*language
	policy  string // the Content-Security-Policy

	pastViews pastViews
}

// New returns a Console. The error names the option that is missing or wrong.
func New(o Options) (*Console, error) {
	o, err := o.complete()
	if err != nil {
		return nil, printable.Errorf("console: %w", err)
	}
	c := &Console{options: o, origins: http.NewCrossOriginProtection(), policy: contentSecurityPolicy(o.Stylesheet)}
	c.guard = usherhttp.Guard{Authorizer: o.Engine, Subject: o.Subject, Disclose: o.Disclose, Log: o.Log}
	for _, origin := range o.TrustedOrigins {
		if err := c.origins.AddTrustedOrigin(origin); err != nil {
			return nil, printable.Errorf("console: Options.TrustedOrigins: %w", err)
		}
	}
	if c.texts, err = languages(o.Texts); err != nil {
		return nil, printable.Errorf("console: Options.Texts: %w", err)
	}
	return c, nil
}

// ServeHTTP serves the page, the action or the file of a request.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setHeaders(w.Header())
	if c == nil || c.origins == nil {
		http.Error(w, "The console is not configured.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", c.policy)
	at, ok := locate(r)
	switch {
	case !ok:
		redirectToSlash(w, r)
	case at.file():
		serveFile(w, r, at)
	case at.path == openAPIPath:
		c.serveOpenAPI(w, r)
	default:
		c.serve(w, r, at)
	}
}

// serve serves pages and actions.
func (c *Console) serve(w http.ResponseWriter, r *http.Request, at location) {
	v, err := c.identify(r, at)
	if err != nil {
		v.refuse(w, err)
		return
	}
	guard := usherhttp.Guard{
		Subject:    func(*http.Request) (usherhttp.Subject, error) { return v.subject, nil },
		MarkActive: c.options.Engine.MarkActive, Log: c.options.Log,
	}
	guard.RequireSubject()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.r, v.ctx = r, r.Context() // in which FromContext returns the subject, also for functions of the host
		err := v.open()
		if err == nil {
			err = v.serve(w)
		}
		if err != nil {
			v.refuse(w, err)
		}
	})).ServeHTTP(w, r)
}

// serve responds with a page or runs an action. It returns an error if it has not responded.
func (v *viewer) serve(w http.ResponseWriter) error {
	p, a := find(v.at.path)
	switch {
	case v.at.path == "":
		return v.home(w)
	case p == nil:
		return usherhttp.ErrNotFound
	case a != nil && v.r.Method == http.MethodPost:
		return v.run(w, p, a)
	case a != nil || v.r.Method != http.MethodGet && v.r.Method != http.MethodHead:
		return v.wrongMethod(w, a)
	}
	return v.show(w, p)
}

// home redirects to the first page that the viewer may see.
func (v *viewer) home(w http.ResponseWriter) error {
	if v.r.Method != http.MethodGet && v.r.Method != http.MethodHead {
		return v.wrongMethod(w, nil)
	}
	for _, p := range v.menu() {
		v.redirect(w, p.Path, nil)
		return nil
	}
	return v.locked()
}

// wrongMethod returns the problem for a method that a path does not support.
func (v *viewer) wrongMethod(w http.ResponseWriter, a *action) error {
	allowed := "GET, HEAD"
	if a != nil {
		allowed = "POST"
	}
	w.Header().Set("Allow", allowed)
	return &usherhttp.Problem{Status: http.StatusMethodNotAllowed}
}
