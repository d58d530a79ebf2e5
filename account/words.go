package account

import "github.com/usher-go/usher/internal/printable"

// word returns an id or a name, made safe to print in a line.
func word[T ~string](id T) string { return printable.Word(id) }

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return printable.Sprintf("%d %s", n, many)
}

func users(n int) string { return counted(n, "user", "users") }
