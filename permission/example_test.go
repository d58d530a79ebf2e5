package permission_test

import (
	"fmt"

	"github.com/usher-go/usher/permission"
)

func Example() {
	p := permission.MustParse("calendar.edit")
	fmt.Println(p.Resource(), p.Action())
	_, err := permission.Parse("calendar")
	fmt.Println(err)
	// Output:
	// calendar edit
	// not a permission: "calendar" has no dot; write resource.action, for example calendar.edit
}
