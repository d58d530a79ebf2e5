package console

import (
	"net/http"
	"net/url"
)

// setHeaders sets the headers of every response.
func setHeaders(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Vary", "Accept, Accept-Language, Cookie")
}

// contentSecurityPolicy returns the policy of the pages: only files of the Console and the
// host's stylesheet, pictures from the host or by https, and no inline code or style.
func contentSecurityPolicy(stylesheet string) string {
	styles := "'self'"
	if u, err := url.Parse(stylesheet); err == nil && u.Scheme != "" && u.Host != "" {
		styles += " " + u.Scheme + "://" + u.Host
	}
	return "default-src 'none'; style-src " + styles + "; script-src 'self'; img-src 'self' https:; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
}
