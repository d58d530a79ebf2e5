package cli

import (
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/suggest"
)

// storeKind is the part of a store's name before the colon.
type storeKind string

// The kinds. A name without a kind is that of a bolt file.
const (
	boltKind     storeKind = "bolt"
	sqliteKind   storeKind = "sqlite"
	postgresKind storeKind = "postgres"
)

// storeKinds are the spellings of the kinds, in the order of suggestions.
var storeKinds = map[string]storeKind{
	"bolt": boltKind, "sqlite": sqliteKind, "postgres": postgresKind, "postgresql": postgresKind,
}

// storeName is where a store is.
type storeName struct {
	kind  storeKind
	place string // the path of a file, or the URL of a database with its password
	part  string // the schema in PostgreSQL, the prefix of the tables in SQLite; "" for the default
}

// storeForms describes the names of stores.
const storeForms = "a file, bolt:FILE, sqlite:FILE or postgres://USER@HOST/DATABASE"

var scheme = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]+):(//)?`)

// parseStore parses the name of a store. The text of its error does not contain the name.
func parseStore(arg string) (storeName, error) {
	m := scheme.FindStringSubmatch(arg)
	if m == nil {
		if strings.Contains(arg, "host=") || strings.Contains(arg, "dbname=") {
			if _, err := os.Stat(arg); err != nil {
				return storeName{}, wrongUsage("a database is named by a URL: postgres://USER@HOST/DATABASE")
			}
		}
		return storeName{boltKind, arg, ""}, nil
	}
	kind, slashes, rest := storeKinds[m[1]], m[2], arg[len(m[0]):]
	switch {
	case kind == "" && slashes == "" && suggest.Nearest(m[1], kindNames()) == "":
		return storeName{boltKind, arg, ""}, nil // a file with a colon in its name
	case kind == "":
		return storeName{}, wrongUsage("unknown kind of store %q%s (want %s)", m[1], suggest.DidYouMean(m[1], kindNames()), storeForms)
	case kind == postgresKind && slashes == "":
		return storeName{}, wrongUsage("the URL of a database begins with %s://, as in postgres://USER@HOST/DATABASE", m[1])
	case kind == postgresKind:
		return cutParameter(kind, arg, "schema")
	case slashes != "" && !strings.HasPrefix(rest, "/"):
		return storeName{}, wrongUsage("write %s:FILE, without the slashes", m[1])
	case rest == "":
		return storeName{}, wrongUsage("%s: needs a file: %s:FILE", m[1], m[1])
	case kind == sqliteKind:
		n, err := cutParameter(kind, rest, "prefix")
		if err == nil && strings.Contains(n.place, "?") {
			err = wrongUsage("the only parameter of an SQLite file is ?prefix=NAME, the prefix of the tables")
		}
		return n, err
	}
	return storeName{kind, rest, ""}, nil
}

func kindNames() []string { return []string{"postgres", "postgresql", "sqlite", "bolt"} }

// cutParameter takes a parameter out of a name. It leaves the rest unchanged.
func cutParameter(kind storeKind, place, parameter string) (storeName, error) {
	base, query, _ := strings.Cut(place, "?")
	part := ""
	var others []string
	for word := range strings.SplitSeq(query, "&") {
		text, ok := strings.CutPrefix(word, parameter+"=")
		if !ok {
			others = append(others, word)
			continue
		}
		value, err := url.QueryUnescape(text)
		if err != nil || value == "" || part != "" {
			return storeName{}, wrongUsage("%s=%s: want one %s", parameter, text, parameter)
		}
		part = value
	}
	if query = strings.Join(others, "&"); query != "" {
		base += "?" + query
	}
	return storeName{kind, base, part}, nil
}

// isStore reports whether an argument names a store, and not a test file: by its kind, or by the
// content of the file.
func isStore(arg string) bool {
	if m := scheme.FindStringSubmatch(arg); m != nil && (m[2] != "" || storeKinds[m[1]] != "") {
		return true
	}
	return isBolt(arg) || isSQLite(arg)
}

// urlStart matches the beginning of the arguments that may contain a password: names of stores, also
// those with a mistake, of which an error then shows the argument.
var urlStart = regexp.MustCompile(`^(?:--store=)?[\s"']*(?:[A-Z][A-Z0-9_]*=["']?)?(?:[A-Za-z][A-Za-z0-9+.-]*://|(?i:postgres)[A-Za-z]*(?::/?|//))`)

// notStore are the flags whose values are not stores. An id may look like a URL with a password.
var notStore = []string{
	"--account", "--after", "--as", "--at", "--by", "--can", "--file", "--from", "--head", "--host", "--key", "--next", "--note",
	"--policy", "--pool", "--resource", "--since", "--to", "--type", "--user", "--with",
}

// hidePasswords returns the arguments with the passwords in URLs replaced, and a map from the
// replaced arguments to the original ones. Everything that the command prints is made from
// arguments without passwords.
func hidePasswords(args []string) (hidden []string, originals map[string]string) {
	hidden, originals = slices.Clone(args), map[string]string{}
	for i, arg := range args {
		if i > 0 && slices.Contains(notStore, args[i-1]) {
			continue
		}
		if shown := hidePassword(arg); shown != arg {
			hidden[i] = shown
			originals[strings.TrimPrefix(shown, "--store=")] = strings.TrimPrefix(arg, "--store=")
		}
	}
	return hidden, originals
}

const hiddenPassword = "xxxxx"

// hidePassword replaces a password before the last @ and in parameters. It rather replaces too much
// than too little, since a password may contain any character.
func hidePassword(arg string) string {
	start := urlStart.FindString(arg)
	if start == "" {
		words := keywordPassword.ReplaceAllString(arg, "${1}"+hiddenPassword)
		if strings.Contains(arg, "host=") || strings.Contains(arg, "dbname=") {
			return words
		}
		return arg
	}
	rest := arg[len(start):]
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		if colon := strings.Index(rest[:at], ":"); colon >= 0 {
			rest = rest[:colon+1] + hiddenPassword + rest[at:]
		}
	}
	return start + urlPassword.ReplaceAllString(rest, "${1}"+hiddenPassword)
}

var (
	urlPassword     = regexp.MustCompile(`([?&;](?:ssl)?password=)[^&]*`)
	keywordPassword = regexp.MustCompile(`((?:^|\s)(?:ssl)?password\s*=\s*)(?:'[^']*'|\S*)`)
)

// shellWord returns an argument as a shell needs it.
func shellWord(arg string) string {
	if plainWord.MatchString(arg) {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9@%+=:,./_-]+$`)

// original returns an argument as it was given, with its password.
func (r *run) original(arg string) string {
	if original, ok := r.originals[arg]; ok {
		return original
	}
	return arg
}
