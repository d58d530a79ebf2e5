package policytest_test

import (
	"fmt"

	"github.com/usher-go/usher/policytest"
)

func Example() {
	const file = `
usher: 1
policy: oncehub
account:
  teams: {sales: {}}
  users:
    olivia: {role: owner}
    tom:    {teams: {sales: manager}}
    mia:    {teams: [sales]}
checks:
  - {can: calendar.edit, resource: {host: mia}, allow: [olivia, tom, mia]}
  - {can: calendar.edit, resource: {host: [mia, tom]}, allow: [olivia, tom, mia]}
`
	suite, err := policytest.Load("calendars.yaml", []byte(file), nil)
	if err != nil {
		panic(err)
	}
	report := suite.Run()
	fmt.Println(report.Passed, "passed,", report.Failed, "failed")
	for _, failure := range report.Failures {
		fmt.Println(failure)
	}
	// Output:
	// 1 passed, 1 failed
	// calendars.yaml:12: mia, calendar.edit {host: [mia, tom]}: expected allow, got deny: denied (out-of-scope): `member: sole` of calendar.edit (oncehub.yaml:97) does not reach this resource
}
