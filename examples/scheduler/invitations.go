package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/usherhttp"
)

// invitationSecret makes keys of invitations that nobody can guess. It is public here, because this is
// an example. A real service keeps it with its other secrets.
var invitationSecret = []byte("example")

// invitationKey returns the key under which usher keeps the invitation of a person who has no user yet.
// The journal keeps keys, so it must not contain the address itself.
func invitationKey(in usher.AccountID, email string) usher.UserID {
	mac := hmac.New(sha256.New, invitationSecret)
	mac.Write([]byte(string(in) + "\x00" + strings.ToLower(email)))
	return usher.UserID("invitation-" + hex.EncodeToString(mac.Sum(nil)[:16]))
}

// invited is an invitation. A real service sends the key to the address, as a part of a link, and does not
// return it.
type invited struct {
	Key usher.UserID `json:"key"`
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
	key := invitationKey(subject(r).Account, body.Email)
	d, err := s.do(r, account.Invite{Key: key, Role: body.Role, Teams: body.Teams, Until: body.Until})
	return invited{key, d}, err
}

// join accepts an invitation for the subject, who followed the link with its key. The host says so,
// because only the host knows that the key came from the link. A key that does not work is 404, whatever
// the reason, so that it tells nothing about the account.
//
//	POST /accounts/acme/invitations/invitation-1f0c…
func (s *server) join(r *http.Request) (any, error) {
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
