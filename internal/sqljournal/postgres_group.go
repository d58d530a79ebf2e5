package sqljournal

import (
	"context"
	"fmt"
	"strings"

	"github.com/usher-go/usher"
)

// groupForm is the form of a statement that appends several entries.
type groupForm struct {
	records bool // there are records
	inline  bool // the mirror is written too
}

// groupText returns a statement like that of appendText for arrays of entries of different accounts.
// It returns the accounts whose entries it has stored. It leaves out accounts that another
// transaction has locked, since one of them must not delay the others.
func (d *postgres) groupText(f groupForm) string {
	t := d.names
	var b strings.Builder
	b.WriteString("WITH input AS (SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[]) AS i (account, version, data))")
	rebuilt := ""
	if f.inline {
		// The row s is that of before the lock: a mirror that was rebuilt since is not visible.
		rebuilt = " JOIN " + t.Accounts + " s ON s.account = a.account AND s.mirrored = a.mirrored"
	}
	fmt.Fprintf(&b, ", held AS (SELECT a.account, i.version, i.data FROM input i JOIN %s a ON a.account = i.account AND a.version = i.version - 1 AND (NOT a.mirrored OR $5::boolean)"+
		"%s WHERE (SELECT set_config('lock_timeout', $4, true)) IS NOT NULL FOR NO KEY UPDATE OF a SKIP LOCKED)", t.Accounts, rebuilt)
	fmt.Fprintf(&b, ", moved AS (UPDATE %s a SET base = CASE WHEN a.xid = %s THEN a.base ELSE a.version END, xid = %[2]s, version = h.version"+
		" FROM held h WHERE a.account = h.account AND a.version = h.version - 1 RETURNING a.account, a.version, a.xid, a.mirrored, h.data)", t.Accounts, thisXID)
	if f.records {
		fmt.Fprintf(&b, ", wiped AS (DELETE FROM %s l USING moved m, unnest($6::bytea[], $7::bytea[]) AS w (account, user_id)"+
			" WHERE l.account = m.account AND l.account = w.account AND l.user_id = w.user_id)", t.LastActive)
		fmt.Fprintf(&b, ", removed AS (DELETE FROM %s r USING moved m, unnest($8::bytea[], $9::bytea[]) AS w (account, user_id)"+
			" WHERE r.account = m.account AND r.account = w.account AND r.user_id = w.user_id)", t.Records)
		fmt.Fprintf(&b, ", kept AS (INSERT INTO %s (account, user_id, data) SELECT k.account, k.user_id, k.data"+
			" FROM moved m JOIN unnest($10::bytea[], $11::bytea[], $12::bytea[]) AS k (account, user_id, data) ON k.account = m.account"+
			" ON CONFLICT (account, user_id) DO UPDATE SET data = excluded.data)", t.Records)
	}
	return b.String()
}

func (d *postgres) group(ctx context.Context, c Conn, entries []*entry) error {
	n := len(entries)
	accounts, versions, data := make([][]byte, n), make([]int64, n), make([][]byte, n)
	var wiped, removed, kept pairs
	keptData, hasRecords := [][]byte{}, false
	for i, e := range entries {
		accounts[i], versions[i], data[i] = key(e.account), bounded(e.Version), e.Data
		hasRecords = hasRecords || len(e.Records) > 0
		wiped.add(accounts[i], e.wiped)
		removed.add(accounts[i], e.removed)
		users, all := columns(e.kept)
		kept.add(accounts[i], users)
		keptData = append(keptData, all...)
	}
	inline := entries[0].inline
	statement, args := d.many[groupForm{hasRecords, inline != nil}], []any{accounts, versions, data, shortWait, entries[0].mirrored}
	if hasRecords {
		args = append(args, array(wiped.accounts), array(wiped.users), array(removed.accounts), array(removed.users),
			array(kept.accounts), array(kept.users), keptData)
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
