package usherfiles_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/usherfiles"
)

func TestRun(t *testing.T) {
	t.Parallel()
	usherfiles.Run(t, "testdata/company.test.yaml", "./testdata/company*.yaml")
	usherfiles.Runner{Policy: "testdata/policy.yaml"}.Run(t, "testdata/elsewhere/company.test.yaml", "testdata/company.test.yaml")
}

func TestRunnerStore(t *testing.T) {
	t.Parallel()
	opened, closed := 0, 0
	usherfiles.Runner{Store: func(t testing.TB) store.Store {
		opened++
		t.Cleanup(func() { closed++ })
		assert.Contains(t, t.Name(), "company.test.yaml:17_a_guest_grows_up")
		return new(memstore.Store)
	}}.Run(t, "testdata/company.test.yaml")
	assert.Equal(t, 1, opened, "the one scenario has a store")
	assert.Equal(t, 1, closed, "at its end")
}

// stories are failing tests, with the output of go test for each.
var stories = []struct {
	name string
	run  func(t *testing.T)
	args string // of the process
	want string // § stands for a backquote
}{
	{"wrong", func(t *testing.T) { usherfiles.Run(t, "testdata/*g.test.yaml") }, "", `
--- FAIL: TestStories
    --- FAIL: TestStories/wrong.test.yaml
        --- FAIL: TestStories/wrong.test.yaml/wrong.test.yaml:10_guests_see_all
            run_test.go:N: testdata/wrong.test.yaml:10:5: guests see all: mia, calendar.view: expected deny, got allow: allowed by §member: any§ of calendar.view (testdata/policy.yaml:12)
            run_test.go:N: testdata/wrong.test.yaml:10:5: guests see all: gil, calendar.view: expected allow, got deny: denied (out-of-scope): §guest: own§ of calendar.view (testdata/policy.yaml:12) does not reach this resource
        --- FAIL: TestStories/wrong.test.yaml/wrong.test.yaml:14_scenario
            run_test.go:N: testdata/wrong.test.yaml:15:9: mia, set-role gil member: expected done, got denied: mia may not user.set-role: denied (no-permission): the user has no rule for user.set-role
`},
	{"a part of it", func(t *testing.T) { usherfiles.Run(t, "testdata/wrong.test.yaml") }, "-test.run ^TestStories$/wrong.test.yaml/:14_ -test.v", `
    run_test.go:N: testdata/wrong.test.yaml:15:9: mia, set-role gil member: expected done, got denied: mia may not user.set-role: denied (no-permission): the user has no rule for user.set-role
--- FAIL: TestStories
    --- FAIL: TestStories/wrong.test.yaml
        --- FAIL: TestStories/wrong.test.yaml/wrong.test.yaml:14_scenario
`},
	{"files with errors", func(t *testing.T) { usherfiles.Run(t, "testdata/broken.test.yaml", "testdata/policy.yaml") }, "", `
--- FAIL: TestStories
    --- FAIL: TestStories/broken.test.yaml
        run_test.go:N: testdata/broken.test.yaml:6:20: unknown role "membr"; did you mean "member"?
            testdata/broken.test.yaml:8:11: unknown permission "calendar.veiw"; did you mean "calendar.view"?
    --- FAIL: TestStories/policy.yaml
        run_test.go:N: testdata/policy.yaml:1:1: this is a policy, not a test file; a test file names its policy: "policy: FILE"; usher validate checks policies
`},
	{"nothing", func(t *testing.T) {
		usherfiles.Run(t)
		usherfiles.Run(t, "testdata/*.yml", "testdata/companie.yaml", "testdata/[.yaml", "testdata/untested.yaml")
	}, "", `
--- FAIL: TestStories
    run_test.go:N: no test files are given, so nothing is tested
    run_test.go:N: "testdata/*.yml": there is no such file in DIR, so nothing is tested
    run_test.go:N: "testdata/companie.yaml": there is no such file in DIR, so nothing is tested
    run_test.go:N: "testdata/[.yaml": syntax error in pattern
    --- FAIL: TestStories/untested.yaml
        run_test.go:N: testdata/untested.yaml:1:1: nothing is tested: the file has no checks and no scenarios
`},
	{"another policy", func(t *testing.T) {
		usherfiles.Runner{Policy: "oncehup"}.Run(t, "testdata/company.test.yaml")
		usherfiles.Runner{Policy: "testdata/broken.test.yaml"}.Run(t, "testdata/company.test.yaml")
		usherfiles.Runner{Policy: "staffdirectory"}.Run(t, "testdata/company.test.yaml", "testdata/elsewhere/broken.test.yaml")
	}, "", `
--- FAIL: TestStories
    run_test.go:N: policy "oncehup" is not a preset, and the file cannot be read in DIR; did you mean "oncehub"?: open oncehup: no such file or directory
    run_test.go:N: testdata/broken.test.yaml:1:1: a policy needs the key "roles"
        testdata/broken.test.yaml:2:1: a policy has no key "policy" (usher, name, title, seats, features, settings, conditions, roles, custom-roles, bundles, resources, never)
        testdata/broken.test.yaml:3:1: a policy has no key "account" (usher, name, title, seats, features, settings, conditions, roles, custom-roles, bundles, resources, never)
        testdata/broken.test.yaml:7:1: a policy has no key "checks" (usher, name, title, seats, features, settings, conditions, roles, custom-roles, bundles, resources, never)
    --- FAIL: TestStories/company.test.yaml
        run_test.go:N: testdata/company.test.yaml:9:5: staff is oversold: held 1, bought 0
            testdata/company.test.yaml:10:20: unknown role "guest"
            testdata/company.test.yaml:12:11: unknown permission "calendar.view"
            testdata/company.test.yaml:13:11: unknown permission "calendar.edit"
            testdata/company.test.yaml:14:11: unknown permission "calendar.edit"
            testdata/company.test.yaml:15:11: unknown permission "room.book"
            testdata/company.test.yaml:19:24: unknown permission "room.book"
            testdata/company.test.yaml:21:24: unknown permission "room.book"
    --- FAIL: TestStories/broken.test.yaml
        run_test.go:N: testdata/elsewhere/broken.test.yaml:6:20: unknown role "membr"
            testdata/elsewhere/broken.test.yaml:8:11: unknown permission "calendar.veiw"
`},
	{"cover", func(t *testing.T) {
		usherfiles.Runner{Cover: true}.Run(t, "testdata/uncovered.test.yaml")
	}, "", `
--- FAIL: TestStories
    --- FAIL: TestStories/cover
        run_test.go:N: testdata/policy.yaml:12: no test reaches §member: any§ of calendar.view
        run_test.go:N: testdata/policy.yaml:12: no test reaches §guest: own§ of calendar.view
        run_test.go:N: testdata/policy.yaml:13: no test reaches §member: sole§ of calendar.edit
`},
	{"cover alone", func(t *testing.T) {
		usherfiles.Runner{Cover: true}.Run(t, "testdata/wrong.test.yaml", "testdata/uncovered.test.yaml")
	}, "-test.run ^TestStories$/cover", `
--- FAIL: TestStories
    --- FAIL: TestStories/cover
        run_test.go:N: testdata/policy.yaml:12: no test reaches §guest: own§ of calendar.view
        run_test.go:N: testdata/policy.yaml:13: no test reaches §member: sole§ of calendar.edit
`},
	{"cover of errors", func(t *testing.T) {
		usherfiles.Runner{Cover: true}.Run(t, "testdata/broken.test.yaml")
	}, "-test.run ^TestStories$/cover", `
--- FAIL: TestStories
    --- FAIL: TestStories/cover
        run_test.go:N: testdata/broken.test.yaml has errors, so its coverage is unknown
`},
	{"no store", func(t *testing.T) {
		usherfiles.Runner{Store: func(t testing.TB) store.Store {
			t.Fatal("no room on the disk")
			return nil
		}}.Run(t, "testdata/company.test.yaml")
		usherfiles.Runner{Store: func(testing.TB) store.Store { return nil }}.Run(t, "testdata/company.test.yaml")
	}, "", `
--- FAIL: TestStories
    --- FAIL: TestStories/company.test.yaml
        --- FAIL: TestStories/company.test.yaml/company.test.yaml:17_a_guest_grows_up
            run_test.go:N: no room on the disk
    --- FAIL: TestStories/company.test.yaml#01
        --- FAIL: TestStories/company.test.yaml#01/company.test.yaml:17_a_guest_grows_up
            run_test.go:N: testdata/company.test.yaml:17:5: a guest grows up: the account of the file: expected an account, got an error: open: Options.Store is nil; use a memstore.Store for journals in memory
`},
}

// Each story runs in a process of its own, because it must fail.
func TestStories(t *testing.T) {
	if name := os.Getenv("STORY"); name != "" {
		for _, story := range stories {
			if story.name == name {
				story.run(t)
			}
		}
		return
	}
	for _, story := range stories {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			want := strings.ReplaceAll(story.want, "§", "`")
			assert.Equal(t, want, "\n"+tell(t, story.name, strings.Fields(story.args)...))
		})
	}
}

// various matches the output of go test that differs between runs.
var various = regexp.MustCompile(`(?m) \(\d+\.\d+s\)$|^=== .*\n|^(PASS|FAIL|coverage: .*)\n`)

var ofTest = regexp.MustCompile(`_test\.go:\d+:`)

// tell runs a story, and returns the output of go test.
func tell(t *testing.T, story string, args ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	c := exec.Command(os.Args[0], append([]string{"-test.run", "^TestStories$"}, args...)...)
	c.Env = append(os.Environ(), "STORY="+story)
	out, err := c.CombinedOutput()
	assert.Error(t, err, "it must fail")
	text := various.ReplaceAllString(string(out), "")
	return strings.ReplaceAll(ofTest.ReplaceAllString(text, "_test.go:N:"), dir, "DIR")
}
