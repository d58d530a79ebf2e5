package sqljournal

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/usher-go/usher"
)

// groupForm is the form of a statement that appends several entries.
type groupForm struct {
	records bool // there are records
	users   bool // some entries add or remove users
	inline  bool // the mirror is written too
}

// groupText returns a statement like that of appendText for arrays of entries of different accounts.
// It returns the accounts whose entries it has stored. It leaves out accounts that another
// transaction has locked, since one of them must not delay the others.
func (d *postgres) groupText(f groupForm) string {
	t := d.names
	var b strings.Builder
	b.WriteString("WITH input AS (SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[], $6::boolean[]) AS i (account, version, data, known))")
	rebuilt := ""
	if f.inline {
		// The row s is that of before the lock: a mirror that was rebuilt since is not visible.
		rebuilt = " JOIN " + t.Accounts + " s ON s.account = a.account AND s.mirrored = a.mirrored AND s.rebuilt = a.rebuilt"
	}
	fmt.Fprintf(&b, ", held AS (SELECT a.account, i.version, i.data, i.known FROM input i JOIN %s a ON a.account = i.account AND a.version = i.version - 1 AND (NOT a.mirrored OR $5::boolean)"+
		"%s WHERE (SELECT set_config('lock_timeout', $4, true)) IS NOT NULL FOR NO KEY UPDATE OF a SKIP LOCKED)", t.Accounts, rebuilt)
	fmt.Fprintf(&b, ", moved AS (UPDATE %s a SET base = CASE WHEN a.xid = %s THEN a.base ELSE a.version END, xid = %[2]s, version = h.version, indexed = CASE WHEN h.known AND a.indexed = a.version THEN h.version ELSE a.indexed END,"+
		" mirrored_at = CASE WHEN $5::boolean AND a.mirrored_at = a.version THEN h.version ELSE a.mirrored_at END"+
		" FROM held h WHERE a.account = h.account AND a.version = h.version - 1 RETURNING a.account, a.version, a.xid, a.mirrored, h.data)", t.Accounts, thisXID)
	n := 6
	arg := func() string { n++; return "$" + strconv.Itoa(n) }
	if f.records {
		fmt.Fprintf(&b, ", wiped AS (DELETE FROM %s l USING moved m, unnest($7::bytea[], $8::bytea[]) AS w (account, user_id)"+
			" WHERE l.account = m.account AND l.account = w.account AND l.user_id = w.user_id)", t.LastActive)
		fmt.Fprintf(&b, ", removed AS (DELETE FROM %s r USING moved m, unnest($9::bytea[], $10::bytea[]) AS w (account, user_id)"+
			" WHERE r.account = m.account AND r.account = w.account AND r.user_id = w.user_id)", t.Records)
		fmt.Fprintf(&b, ", kept AS (INSERT INTO %s (account, user_id, data) SELECT k.account, k.user_id, k.data"+
			" FROM moved m JOIN unnest($11::bytea[], $12::bytea[], $13::bytea[]) AS k (account, user_id, data) ON k.account = m.account"+
			" ON CONFLICT (account, user_id) DO UPDATE SET data = excluded.data)", t.Records)
		n += 7
	}
	if f.users {
		cleared, leftOf, left, addedTo, added := arg(), arg(), arg(), arg(), arg()
		fmt.Fprintf(&b, ", cleared AS (DELETE FROM %s u USING moved m, unnest(%s::bytea[]) AS c (account) WHERE c.account = m.account AND u.account = c.account"+
			" AND (u.account, u.user_id) NOT IN (SELECT * FROM unnest(%s::bytea[], %s::bytea[])))", t.UserAccounts, cleared, addedTo, added)
		fmt.Fprintf(&b, ", gone AS (DELETE FROM %s u USING moved m, unnest(%s::bytea[], %s::bytea[]) AS l (account, user_id)"+
			" WHERE l.account = m.account AND u.account = l.account AND u.user_id = l.user_id)", t.UserAccounts, leftOf, left)
		fmt.Fprintf(&b, ", came AS (INSERT INTO %s (user_id, account) SELECT a.user_id, a.account FROM moved m JOIN unnest(%s::bytea[], %s::bytea[]) AS a (account, user_id)"+
			" ON a.account = m.account ON CONFLICT DO NOTHING)", t.UserAccounts, addedTo, added)
	}
	return b.String()
}

func (d *postgres) group(ctx context.Context, c Conn, entries []*entry) error {
	n := len(entries)
	accounts, versions, data := make([][]byte, n), make([]int64, n), make([][]byte, n)
	var wiped, removed, kept, left, added pairs
	keptData, hasRecords := [][]byte{}, false
	known, cleared, hasUsers := make([]bool, n), [][]byte{}, false
	for i, e := range entries {
		accounts[i], versions[i], data[i] = key(e.account), bounded(e.Version), e.Data
		hasRecords = hasRecords || len(e.Records) > 0
		wiped.add(accounts[i], e.wiped)
		removed.add(accounts[i], e.removed)
		users, all := columns(e.kept)
		kept.add(accounts[i], users)
		keptData = append(keptData, all...)
		known[i] = e.Users.Known
		hasUsers = hasUsers || e.changesUsers()
		left.add(accounts[i], e.left)
		added.add(accounts[i], e.added)
		if e.Users.Cleared {
			cleared = append(cleared, accounts[i])
		}
	}
	inline := entries[0].inline
	statement, args := d.many[groupForm{hasRecords, hasUsers, inline != nil}], []any{accounts, versions, data, shortWait, entries[0].mirrored, known}
	if hasRecords {
		args = append(args, array(wiped.accounts), array(wiped.users), array(removed.accounts), array(removed.users),
			array(kept.accounts), array(kept.users), keptData)
	}
	if hasUsers {
		args = append(args, cleared, array(left.accounts), array(left.users), array(added.accounts), array(added.users))
	}
	statement, args = withInline(statement, args, inline)
	statement += " INSERT INTO " + d.names.Commits + " (account, version, xid, data) SELECT account, version, xid, data FROM moved RETURNING account"
	stored := map[usher.AccountID]bool{}
	err := scanned(func(r Rows) error {
		var id []byte
		err := r.Scan(&id)
		stored[usher.AccountID(id)] = true
		return err
	})(c.Change(ctx, statement, args...))
	if err != nil {
		return err
	}
	for _, e := range entries {
		e.stored = stored[e.account]
	}
	return nil
}

// pairs are the keys of rows of users, as two columns.
type pairs struct{ accounts, users [][]byte }

func (p *pairs) add(account []byte, users [][]byte) {
	for _, user := range users {
		p.accounts, p.users = append(p.accounts, account), append(p.users, user)
	}
}
