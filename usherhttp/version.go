package usherhttp

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// VersionHeader is the header that carries versions of accounts for clients that keep no
// cookies. NoteVersion sets it in a response. The client repeats its values, unchanged, in
// later requests, until a response has other values.
const VersionHeader = "Usher-Version"

// The name of the cookie of an account is one of these, and the tag of the account. Browsers
// let only this host set a cookie whose name begins with __Host-, and only over TLS.
const (
	versionCookie       = "usher-version-"
	secureVersionCookie = "__Host-" + versionCookie
)

// versionAge is how long a client sends a version. By then, every instance has seen the commit,
// unless it is cut off from the store.
const versionAge = 10 * time.Minute

// NoteVersion tells the client which version of an account it has seen, such as
// engine.Result.Version after a commit. Later requests of the client carry that version, and
// are decided on it or a newer one, on every instance that shares the store: see
// Guard.AtLeast. Call it before the response is written. A version of 0 is not sent.
//
// The version is sent as a cookie, which browsers keep for 10 minutes, and in the
// VersionHeader. Both name the account by a hash, and apply to that account only. Note a
// version only after its commit: a version that the store does not have causes a 503.
//
// The cookie has HttpOnly, SameSite=Lax, and the path /. If the request used TLS, or has
// the header X-Forwarded-Proto: https, the cookie also has Secure, and a name that begins
// with __Host-. Without it, other hosts of the domain can set the cookie, so a version that
// is too high makes requests fail until the cookie expires.
func (g *Guard) NoteVersion(w http.ResponseWriter, r *http.Request, account usher.AccountID, version uint64) {
	if g != nil && g.AtLeast != nil && version > 0 {
		sendVersion(w, r, account, version)
	}
}

// Version returns the version of an account that the request must see at least, or 0 if any
// version will do. The guard uses it for its own checks. Handlers use it on routes that check
// no permission, before they show data of the account:
//
//	view, err := e.AtLeast(account, guard.Version(r, account)).View(r.Context(), account)
//
// The client may have sent any number. If it is too high, the Reader returns
// engine.ErrFutureVersion; pass that to Refuse.
func (g *Guard) Version(r *http.Request, account usher.AccountID) uint64 {
	if g == nil || g.AtLeast == nil || account == "" {
		return 0
	}
	tag := versionTag(account)
	var version uint64
	for _, c := range r.CookiesNamed(versionCookieName(r) + tag) {
		version = max(version, parseVersion(c.Value))
	}
	for _, list := range r.Header.Values(VersionHeader) {
		for value := range strings.SplitSeq(list, ",") {
			if digits, found := strings.CutPrefix(strings.TrimSpace(value), tag+"."); found {
				version = max(version, parseVersion(digits))
			}
		}
	}
	return version
}

// authorizer returns the Authorizer for a request in an account. It is the one place that
// chooses, for all routes and for Actions.
func (g *Guard) authorizer(r *http.Request, account usher.AccountID) (usher.Authorizer, error) {
	version := g.Version(r, account)
	if version == 0 || g.Authorizer == nil {
		return g.Authorizer, nil
	}
	az := g.AtLeast(account, version)
	if isNil(az) {
		return nil, printable.Errorf("%w: Guard.AtLeast returned nil", ErrConfig)
	}
	return az, nil
}

// dropVersion tells the client to forget a version that the store does not have, so that the
// next request succeeds.
func (g *Guard) dropVersion(w http.ResponseWriter, r *http.Request, account usher.AccountID, err error) {
	if isFutureVersion(err) && g.Version(r, account) > 0 {
		sendVersion(w, r, account, 0)
	}
}

// isFutureVersion reports whether an error is engine.ErrFutureVersion.
func isFutureVersion(err error) bool {
	var future interface{ FutureVersion() }
	return errors.As(err, &future)
}

// sendVersion sends a version, or for 0 deletes the one that the client has.
func sendVersion(w http.ResponseWriter, r *http.Request, account usher.AccountID, version uint64) {
	tag, value := versionTag(account), strconv.FormatUint(version, 10)
	c := &http.Cookie{
		Name: versionCookieName(r) + tag, Value: value, Path: "/", MaxAge: int(versionAge.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: usedTLS(r),
	}
	if version == 0 {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
	w.Header().Add(VersionHeader, tag+"."+value)
}

// versionTag returns the name of an account in cookies and headers. Ids may have bytes that
// are not allowed there.
func versionTag(account usher.AccountID) string {
	sum := sha256.Sum256([]byte(account))
	return hex.EncodeToString(sum[:8])
}

func versionCookieName(r *http.Request) string {
	if usedTLS(r) {
		return secureVersionCookie
	}
	return versionCookie
}

func usedTLS(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// parseVersion returns 0 for a malformed version, so that the request is decided as one
// without a version.
func parseVersion(digits string) uint64 {
	version, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return 0
	}
	return version
}
