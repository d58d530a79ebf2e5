package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/usherhttp"
)

// invitationSecret makes keys and tokens of invitations that users cannot guess. It is public here, because
// this is an example. A real service keeps it with its other secrets.
var invitationSecret = []byte("example")

// invitationKey returns the key under which usher keeps the invitation of a person who has no user yet.
// The journal keeps keys, so it must not contain the address itself.
func invitationKey(in usher.AccountID, email string) usher.UserID {
	return usher.UserID("invitation-" + signed("key", in, strings.ToLower(email)))
}

// invitationToken returns what the link has besides the key. Users who see the people of the account see the
// keys of its invitations, and would otherwise accept them in place of the person.
func invitationToken(in usher.AccountID, key usher.UserID) string {
	return signed("token", in, string(key))
}

func signed(purpose string, in usher.AccountID, text string) string {
	mac := hmac.New(sha256.New, invitationSecret)
	mac.Write([]byte(purpose + "\x00" + string(in) + "\x00" + text))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// invited is an invitation. A real service sends the link to the address, and does not return it.
type invited struct {
	Key  usher.UserID `json:"key"`
	Link string       `json:"link"`
	done
}

// invite invites a person by an e-mail address, until a time. A seat that the role requires is held from
// now on, and free again when the invitation ends.
//
//	POST /accounts/acme/invitations {"email": "nina@acme.example", "teams": ["sales"], "until": "2035-02-01T00:00:00Z"}
func (s *server) invite(r *http.Request) (any, error) {
	body, err := read[struct {
		Email string         `json:"email"`
		Role  role.Name      `json:"role"`
		Teams []usher.TeamID `json:"teams"`
		Until time.Time      `json:"until"`
	}](r)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(body.Email, "@") {
		return nil, badRequest("An invitation has an e-mail address.")
	}
	in := subject(r).Account
	key := invitationKey(in, body.Email)
	link := "/accounts/" + url.PathEscape(string(in)) + "/invitations/" + string(key) + "?token=" + invitationToken(in, key)
	d, err := s.do(r, account.Invite{Key: key, Role: body.Role, Teams: body.Teams, Until: body.Until})
	return invited{key, link, d}, err
}

// join accepts an invitation for the subject, who followed the link. The host says so, because only the
// host can verify the token. A link that does not work is 404, whatever the reason, so that it tells
// nothing about the account.
//
//	POST /accounts/acme/invitations/invitation-1f0c…?token=7b3e…
func (s *server) join(r *http.Request) (any, error) {
	token := invitationToken(subject(r).Account, keyIn(r))
	if !hmac.Equal([]byte(r.URL.Query().Get("token")), []byte(token)) {
		return nil, usherhttp.ErrNotFound
	}
	accept := account.AcceptInvitation{Key: keyIn(r), User: subject(r).User}
	d, err := s.submit(r, account.AsHost("invitations"), subject(r).Account, accept)
	var refusal *account.Refusal
	if errors.As(err, &refusal) || errors.Is(err, usher.ErrUnknownAccount) {
		return nil, usherhttp.ErrNotFound
	}
	return d, err
}

// revokeInvitation takes an invitation back.
//
//	DELETE /accounts/acme/invitations/invitation-1f0c…
func (s *server) revokeInvitation(r *http.Request) (any, error) {
	return s.do(r, account.RevokeInvitation{User: keyIn(r)})
}

func keyIn(r *http.Request) usher.UserID { return usher.UserID(r.PathValue("key")) }
