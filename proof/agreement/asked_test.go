package agreement_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

func (r readers) AsRequest(ctx context.Context, q usher.Request) (policy.Asker, error) {
	return r(q.Account).AsRequest(ctx, q)
}

func (r readers) CheckAll(ctx context.Context, id usher.AccountID, dst []policy.Checked, requests []usher.Request) []policy.Checked {
	return r(id).CheckAll(ctx, id, dst, requests)
}

func (o ownTables) binding(r *usher.Request) (*policy.Binding, error) {
	f, err := o.facts(r)
	if err != nil {
		return nil, err
	}
	return o.policy.Bind(f, r.Account, nil), nil
}

func (o ownTables) AsRequest(_ context.Context, r usher.Request) (policy.Asker, error) {
	b, err := o.binding(&r)
	if err != nil {
		return policy.Asker{}, err
	}
	return b.AsRequest(&r)
}

func (o ownTables) CheckAll(_ context.Context, id usher.AccountID, dst []policy.Checked, requests []usher.Request) []policy.Checked {
	timed := make([]usher.Request, len(requests))
	var b *policy.Binding
	for i, r := range requests {
		b, _ = o.binding(&r)
		timed[i] = r
	}
	return b.AppendChecks(dst, timed)
}

// asked compares the methods of an Asker of a user on rows with checks, and with the other calls:
// all rows on one Asker.
func (s *host) asked(q question, user usher.UserID, rows []*resource) error {
	without := q.by(user, nil)
	without.Permission, without.Gives = permission.Permission{}, ""
	a, err := s.AsRequest(ctx, without)
	if err != nil {
		return err
	}
	giving := usher.Asker(&a)
	if q.gives != "" {
		giving = a.Giving(q.gives)
	}
	f, err := a.Filter(q.permission)
	if err != nil {
		return err
	}
	for i, row := range append([]*resource{nil}, rows...) {
		d, err := s.Check(ctx, q.by(user, row))
		if err != nil {
			return err
		}
		got, err := giving.Check(q.permission, row.on())
		if err != nil {
			return err
		}
		s.seen.Asked++
		if got, want := verdictAt(got), verdictAt(d); got != want {
			return disagree("Asker.Check", q, user, row, got, want)
		}
		if i < 2 { // it is slow
			if err := s.explainedBy(giving, q, user, row); err != nil {
				return err
			}
		}
		if row == nil {
			continue
		}
		plain := q
		plain.gives = ""
		if d, err = s.Check(ctx, plain.by(user, row)); err != nil {
			return err
		}
		if selected, err := f.Match(row); err != nil || selected != d.Allowed() {
			return disagree("Asker.Filter", plain, user, row, fmt.Sprint(selected, err), verdictAt(d))
		}
		list, err := a.Actions(row)
		if err != nil {
			return err
		}
		want, err := s.Actions(ctx, plain.by(user, row))
		if err != nil {
			return err
		}
		if got, want := verdictsOf(list), verdictsOf(want); got != want {
			return disagree("Asker.Actions", plain, user, row, got, want)
		}
	}
	return nil
}

// explainedBy compares the Explain of an Asker with that of the host.
func (s *host) explainedBy(a usher.Asker, q question, user usher.UserID, row *resource) error {
	x, err := a.Explain(q.permission, row.on())
	if err != nil {
		return err
	}
	y, err := s.Explain(ctx, q.by(user, row))
	if err != nil {
		return err
	}
	if x.String() != y.String() || verdictAt(x.Decision) != verdictAt(y.Decision) {
		return disagree("Asker.Explain", q, user, row, x, y)
	}
	return nil
}

// together compares one batch about all users and rows with a check of each. Some requests of the
// batch fail.
func (s *host) together(q question, rows []*resource) error {
	var requests []usher.Request
	for _, user := range s.users[q.account] {
		for _, row := range append([]*resource{nil}, rows...) {
			requests = append(requests, q.by(user, row))
			if len(requests)%7 == 0 {
				requests = append(requests, usher.Request{Account: q.account, Subject: user, Visitor: true, By: "some", Permission: q.permission, Resource: row.on(), Time: q.time})
			}
		}
	}
	all := s.CheckAll(ctx, q.account, nil, requests)
	if len(all) != len(requests) {
		return fmt.Errorf("CheckAll: %d results of %d requests", len(all), len(requests))
	}
	for i, r := range requests {
		d, err := s.Check(ctx, r)
		s.seen.Batched++
		if fmt.Sprint(err) != fmt.Sprint(all[i].Err) || verdictAt(d) != verdictAt(all[i].Decision) || err != nil && !errors.Is(err, usher.ErrVisitor) {
			return fmt.Errorf("CheckAll: request %d, %v: %v, %s, and a check says %v, %s", i, q, all[i].Err, verdictAt(all[i].Decision), err, verdictAt(d))
		}
	}
	return nil
}

// verdictAt returns a decision as text, with its version and digest.
func verdictAt(d usher.Decision) string {
	detail := d.Detail()
	return fmt.Sprintf("%s %s at %v, version %d of %s", verdict(d), d, d.Time(), detail.Version, detail.Digest)
}

func verdictsOf(list []policy.Action) (text string) {
	for _, a := range list {
		text += fmt.Sprintf("%s: %s\n", a.Permission, verdictAt(a.Decision))
	}
	return text
}
