// Package policytest tests whether a policy makes the expected decisions. A test file is
// a YAML file with an example account, checks that state which users are allowed, and
// scenarios that run commands. Product people can write test files, because they contain
// no code. The package loads and runs test files, for the command line and for go test.
//
//	suite, err := policytest.Load("oncehub.yaml", src, os.ReadFile)
//	if err != nil {
//		return err
//	}
//	for _, failure := range suite.Run().Failures {
//		fmt.Println(failure)
//	}
//
// A test file names a policy, and contains an account, checks and scenarios:
//
//	usher: 1
//	policy: oncehub             # a preset, or a file relative to this one
//	account:
//	  seats: {booking: 1}
//	  users:
//	    olivia: {role: owner}
//	    mia:    {seats: [booking]}
//	    max:    {}
//	checks:                     # for every user; a user who is not under allow must be denied
//	  - {can: calendar.edit, resource: {host: mia}, allow: [olivia, mia], deny: {max: out-of-scope}}
//	scenarios:
//	  - name: the plan has one seat
//	    steps:
//	      - {as: olivia, do: assign-seat, user: max, pool: booking, fails: no-seats-left}
//	      - {as: max, can: calendar.edit, resource: {host: max}, expect: allow}
//	      - state: {seats: {booking: {held: 1, total: 1}}}
//
// FORMAT.md in this directory explains every key of a file, the commands with their
// arguments, and the codes of refusals. Package usherfiles runs test files under go test.
package policytest
