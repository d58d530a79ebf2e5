// Command usher validates policies, runs their tests, prints their role tables and
// explains single decisions. It also reads, changes and copies the accounts in a store.
package main

import (
	"os"

	"github.com/usher-go/usher/cmd/usher/internal/cli"
)

func main() { os.Exit(cli.Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
