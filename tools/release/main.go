// Command release sets the version of all modules at once, and prints the tags that publish it.
// RELEASING.md describes when to run it.
//
//	go run ./release set v0.2.0   write the version into every go.mod and go.work
//	go run ./release tags         check the checkout, and print the tags in the order to push
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/usher-go/usher/tools/internal/repo"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	root, err := repo.Root()
	if err != nil {
		return err
	}
	modules, err := repo.Modules(root)
	if err != nil {
		return err
	}
	switch {
	case len(args) == 2 && args[0] == "set":
		if err := repo.Set(root, modules, args[1]); err != nil {
			return err
		}
		return printTags(out, modules, args[1])
	case len(args) == 1 && args[0] == "tags":
		version, err := repo.Version(root, modules)
		if err != nil {
			return err
		}
		return printTags(out, modules, version)
	default:
		return fmt.Errorf("got arguments %q, want set VERSION or tags", args)
	}
}

func printTags(out io.Writer, modules []repo.Module, version string) error {
	for _, m := range modules {
		if _, err := fmt.Fprintln(out, m.Tag(version)); err != nil {
			return err
		}
	}
	return nil
}
