package preset_test

import (
	"fmt"

	"github.com/usher-go/usher/preset"
)

func Example() {
	p, err := preset.Load("oncehub")
	if err != nil {
		panic(err)
	}
	fmt.Println(p.Title())
	for _, r := range p.Roles() {
		fmt.Println(" ", r.Title)
	}
	// Output:
	// OnceHub user types
	//   Account Owner
	//   Administrator
	//   Member
	//   Team Manager
}
