package sqlstore

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// plain returns arguments that every driver accepts. An array becomes the text of an array literal,
// which PostgreSQL reads as any type of array; without this, each driver would need a type of its
// own for arrays. Nil bytes become empty bytes: drivers send nil as NULL.
func plain(args []any) []any {
	for i, arg := range args {
		switch v := arg.(type) {
		case []byte:
			if v == nil {
				args[i] = []byte{}
			}
		case [][]byte:
			args[i] = literal(v, func(text *strings.Builder, v []byte) {
				text.WriteString(`"\\x`)
				text.WriteString(hex.EncodeToString(v))
				text.WriteByte('"')
			})
		case []string:
			args[i] = literal(v, func(text *strings.Builder, v string) {
				text.WriteByte('"')
				_, _ = quoted.WriteString(text, v) // a Builder returns no error
				text.WriteByte('"')
			})
		case []int64:
			args[i] = literal(v, func(text *strings.Builder, v int64) { text.WriteString(strconv.FormatInt(v, 10)) })
		}
	}
	return args
}

// quoted escapes an element of an array literal.
var quoted = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func literal[T any](values []T, write func(*strings.Builder, T)) string {
	var text strings.Builder
	text.WriteByte('{')
	for i, v := range values {
		if i > 0 {
			text.WriteByte(',')
		}
		write(&text, v)
	}
	text.WriteByte('}')
	return text.String()
}
