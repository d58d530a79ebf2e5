package ceilingproof_test

import (
	"slices"
	"testing"

	"github.com/usher-go/usher"
)

// TestPaths sends commands in accounts that define roles: as a user, as the approval of a request that
// another user made, and on behalf of another user. No command may give or take more than each of the users who are
// responsible for it has, and no defined role may give its holders more than its author has. The mutants of the
// ceiling in pathMutants must each allow a command that breaks the promise.
func TestPaths(t *testing.T) {
	seen := counts{}
	worlds := max(1, *worldsFlag/6)
	held, service := 0, 0
	for i := range worlds {
		w := drawPaths(t, *seedFlag+uint64(i))
		w.mutants = pathMutants
		for range commandsOfAWorld {
			p, ok := w.nextPath()
			if !ok {
				break
			}
			d, b, err := w.step(p, seen)
			if err != nil {
				t.Fatal(err)
			}
			if b != nil {
				report(t, w, d, b, "TestPaths")
			}
		}
		for _, id := range w.users() {
			u := w.find(id)
			if slices.Contains(w.definedLike(w.like...), u.Role) || len(u.Beside) > 0 && slices.Contains(w.definedLike(w.like...), u.Beside[0]) {
				held++
			}
			if u.Kind == usher.ServiceAccount {
				service++
			}
		}
	}
	t.Logf("in the end, %d users hold a defined role, and %d are service accounts; counts of the commands:\n%v", held, service, seen)
	if worlds < fullRun/6 {
		return
	}
	for _, kind := range []string{"define-role", "change-role", "delete-role", "approve", "on behalf", "resend-invitation", "invite"} {
		if seen[kind][done] < 5 || seen[kind][justified] < 3 {
			t.Errorf("%s: %d done and %d rightly rejected, too few", kind, seen[kind][done], seen[kind][justified])
		}
	}
	for _, m := range pathMutants {
		if seen[ofMutants][m.name] == 0 {
			t.Errorf("no broken promise shows the mutant %s", m.name)
		}
	}
	if all, unclear := seen.total(escalated), seen.total(unclear); 100*unclear > 40*all {
		t.Errorf("%d of %d rejections as escalation break no promise, more than 40 percent", unclear, all)
	}
	if held < worlds/4 || service < worlds/6 {
		t.Errorf("%d users hold a defined role, and %d are service accounts, too few in %d worlds", held, service, worlds)
	}
}
