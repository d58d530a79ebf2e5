package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseStore(t *testing.T) {
	odd := filepath.Join(t.TempDir(), "host=odd")
	if err := os.WriteFile(odd, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for arg, want := range map[string]storeName{
		"usher.db":                       {boltKind, "usher.db", ""},
		"/var/lib/usher.db":              {boltKind, "/var/lib/usher.db", ""},
		`C:\usher.db`:                    {boltKind, `C:\usher.db`, ""},
		"a:b.db":                         {boltKind, "a:b.db", ""},
		"2026-01-01T10:00.db":            {boltKind, "2026-01-01T10:00.db", ""},
		"backup:usher.db":                {boltKind, "backup:usher.db", ""},
		odd:                              {boltKind, odd, ""},
		"bolt:usher.db":                  {boltKind, "usher.db", ""},
		"bolt:a?prefix=b":                {boltKind, "a?prefix=b", ""},
		"bolt:///a/b":                    {boltKind, "/a/b", ""},
		"sqlite:usher.db":                {sqliteKind, "usher.db", ""},
		"sqlite:a/b.db":                  {sqliteKind, "a/b.db", ""},
		"sqlite:a.db?prefix=u_":          {sqliteKind, "a.db", "u_"},
		"sqlite:///a/b.db":               {sqliteKind, "/a/b.db", ""},
		"postgres://localhost/shop":      {postgresKind, "postgres://localhost/shop", ""},
		"postgresql://u:p@h:5432/shop":   {postgresKind, "postgresql://u:p@h:5432/shop", ""},
		"postgres://h/shop?schema=a%20b": {postgresKind, "postgres://h/shop", "a b"},
		"postgres://h/shop?sslmode=require&schema=perms&user=mia":   {postgresKind, "postgres://h/shop?sslmode=require&user=mia", "perms"},
		"postgres://h1:1,h2:2/shop?target_session_attrs=read-write": {postgresKind, "postgres://h1:1,h2:2/shop?target_session_attrs=read-write", ""},
	} {
		got, err := parseStore(arg)
		if err != nil || got != want {
			t.Errorf("parseStore(%q) = %+v, %v, want %+v", arg, got, err, want)
		}
	}
	for arg, want := range map[string]string{
		"mysql://h/shop":              "unknown kind of store",
		"postgre://h/shop":            `did you mean "postgres"?`,
		"sqlite3:usher.db":            `did you mean "sqlite"?`,
		"postgres:shop":               "begins with postgres://",
		"sqlite://usher.db":           "without the slashes",
		"bolt://usher.db":             "without the slashes",
		"bolt:":                       "needs a file",
		"sqlite:a.db?cache=shared":    "the only parameter",
		"sqlite:a?prefix=b&prefix=c":  "want one prefix",
		"postgres://h/shop?schema=%":  "want one schema",
		"host=localhost dbname=shop":  "named by a URL",
		"dbname=shop password=s3cret": "named by a URL",
	} {
		_, err := parseStore(arg)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("parseStore(%q): %v, want %q", arg, err, want)
		}
	}
}

func TestHidePasswords(t *testing.T) {
	for arg, want := range map[string]string{
		"usher.db":                              "usher.db",
		"user=mia":                              "user=mia",
		"postgres://mia@h/shop":                 "postgres://mia@h/shop",
		"postgres://h:5432/shop":                "postgres://h:5432/shop",
		"postgres://mia:s3cret@h/shop":          "postgres://mia:xxxxx@h/shop",
		"postgresql://mia:s3@c/r:e?t@h:1/shop":  "postgresql://mia:xxxxx@h:1/shop",
		"POSTGRES://mia:s3cret@h/shop":          "POSTGRES://mia:xxxxx@h/shop",
		"mysql://mia:s3cret@h/shop":             "mysql://mia:xxxxx@h/shop",
		"postgres://mia:s3 cret@h/shop":         "postgres://mia:xxxxx@h/shop",
		"postgres://:s3cret@h/shop":             "postgres://:xxxxx@h/shop",
		"postgres://h/shop?password=s3cret":     "postgres://h/shop?password=xxxxx",
		"postgres://h/shop?a=b&password=s3&c=d": "postgres://h/shop?a=b&password=xxxxx&c=d",
		"postgres://h/shop?sslpassword=s3cret":  "postgres://h/shop?sslpassword=xxxxx",
		"--store=postgres://mia:s3cret@h/shop":  "--store=postgres://mia:xxxxx@h/shop",
		"postgres:/mia:s3cret@h/shop":           "postgres:/mia:xxxxx@h/shop",
		"postgres:mia:s3cret@h/shop":            "postgres:mia:xxxxx@h/shop",
		"postgres//mia:s3cret@h/shop":           "postgres//mia:xxxxx@h/shop",
		" postgres://mia:s3cret@h/shop":         " postgres://mia:xxxxx@h/shop",
		"--store='postgres://mia:s3cret@h/shop": "--store='postgres://mia:xxxxx@h/shop",
		"DATABASE_URL=postgres://a:s3cret@h/b":  "DATABASE_URL=postgres://a:xxxxx@h/b",
		"postgres://h/shop?a=b;password=s3cret": "postgres://h/shop?a=b;password=xxxxx",
		"host=h password=s3cret dbname=shop":    "host=h password=xxxxx dbname=shop",
		"password = 's3 cret' host=h":           "password = xxxxx host=h",
	} {
		hidden, originals := hidePasswords([]string{"log", arg})
		if hidden[1] != want {
			t.Errorf("%q is shown as %q, want %q", arg, hidden[1], want)
		}
		shown := strings.TrimPrefix(hidden[1], "--store=")
		r := &run{originals: originals}
		if got := r.original(shown); got != strings.TrimPrefix(arg, "--store=") {
			t.Errorf("%q is opened as %q", arg, got)
		}
	}
	for _, flag := range notStore {
		texts := []string{"do", "x", flag, "https://a:b@c"}
		if hidden, _ := hidePasswords(texts); !cmp.Equal(hidden, texts) {
			t.Errorf("the value of %s is changed: %q", flag, hidden)
		}
	}
}

func TestShellWord(t *testing.T) {
	for arg, want := range map[string]string{
		"sqlite:a.db":                    "sqlite:a.db",
		"postgres://h/shop?schema=a&b=c": "'postgres://h/shop?schema=a&b=c'",
		"a'b":                            `'a'\''b'`,
	} {
		if got := shellWord(arg); got != want {
			t.Errorf("shellWord(%q) = %s, want %s", arg, got, want)
		}
	}
}
