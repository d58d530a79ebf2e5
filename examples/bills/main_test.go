package main

import (
	"os"
	"path/filepath"
)

func Example() {
	dir := must(os.MkdirTemp("", "bills"))
	defer os.RemoveAll(dir)
	os.Args = []string{"bills", filepath.Join(dir, "usher.db")}
	main()
	// Output:
	// acme: 108.5 seat-days in booking, at most 5 bought and 1 held, 3798 cents, final: true
	// beta: 98.0 seat-days in booking, at most 6 bought and 0 held, 3430 cents, final: false
	// first export
	// {"usher":1,"account":"acme","version":1
	// {"usher":1,"account":"acme","version":2
	// {"usher":1,"account":"acme","version":3
	// {"usher":1,"account":"acme","version":4
	// {"usher":1,"account":"beta","version":1
	// {"usher":1,"account":"demo","version":1
	// next export
	// {"usher":1,"account":"acme","version":5
	// {"account":"demo","erased":true}
}
