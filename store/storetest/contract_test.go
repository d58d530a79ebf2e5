package storetest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/store/storetest"
)

// unchecked are the sentences of the contract that no row can quote.
var unchecked = map[string]string{
	// What words mean.
	"Store keeps the journals of many accounts.":                                                   "a definition",
	"Commit is one numbered entry of an account's journal.":                                        "a definition",
	"Versions count from 1.":                                                                       "said of Append too",
	"Snapshot is the state of an account after the commit of a version.":                           "a definition",
	"The zero Snapshot stands for none: no commit is part of it.":                                  "a definition",
	"Entry is what one Append stores: a commit, and for a Keeper the records that change with it.": "a definition",
	"Record is the personal data of one user.":                                                     "a definition",
	"Sighting says when a user was last seen.":                                                     "a definition",
	"Keeper is a Store that keeps personal data beside the journal, where it can be erased: a record for each user, and when the user was last seen.": "a definition",
	"What is said of a Store holds for it too.":                     "said by running all rows",
	"Watcher is a Store that tells when accounts have new commits.": "a definition",
	// What nobody can ask a store to do.
	"What is too large for one is refused with ErrInvalid.":                                                                                "each store has its own limit",
	"After any other error nobody knows whether the entry is stored, or will be in a moment; reading that it is not there proves nothing.": "such an error cannot be had for the asking",
	"The caller appends the same bytes again, until it gets nil, or ErrConflict and reads who was first.":                                  "asked of the caller",
	"It hints: a hint may come twice, late, or for several commits at once, and who missed one finds out by reading.":                      "allows, and requires nothing",
	"A store that cannot tell whether an earlier call stored the entry, or will, returns another error.":                                   "such a case cannot be brought about from outside",
	`It yields "" again where it may have missed something.`:                                                                               "cannot be brought about from outside",
}

// A row quotes the contract, and each sentence of the contract has a row.
func TestRowsQuoteTheContract(t *testing.T) {
	contract := contractOf(t)
	require.Equal(t, 19, len(contract), "comments on types and methods")
	var quotes []string
	names := map[string]bool{}
	for _, row := range storetest.Rows() {
		assert.False(t, names[row.Name], "two rows %s", row.Name)
		names[row.Name] = true
		quotes = append(quotes, row.Sentence)
		found := false
		for _, comment := range contract {
			found = found || strings.Contains(comment, row.Sentence)
		}
		assert.True(t, found, "%s quotes what package store does not say: %s", row.Name, row.Sentence)
	}
	seen := map[string]bool{}
	for _, comment := range contract {
		for _, sentence := range sentences(comment) {
			seen[sentence] = true
			_, excused := unchecked[sentence]
			assert.NotEqual(t, excused, covered(sentence, quotes), "either a row quotes it, or it is unchecked: %s", sentence)
		}
	}
	for sentence := range unchecked {
		assert.True(t, seen[sentence], "unchecked, and not in package store: %s", sentence)
	}
}

// covered reports whether quotes, of which one may be a part of the sentence, say
// all of it.
func covered(sentence string, quotes []string) bool {
	rest := sentence
	for _, q := range quotes {
		if strings.Contains(q, sentence) {
			return true
		}
		rest = strings.TrimSpace(strings.Replace(rest, q, "", 1))
	}
	return rest == "" || rest == ","
}

func sentences(comment string) (all []string) {
	for s := range strings.SplitSeq(strings.ReplaceAll(comment, ". ", ".\n"), "\n") {
		all = append(all, strings.TrimSpace(s))
	}
	return all
}

// contractOf returns the comments on what a store must do, each on one line.
func contractOf(t *testing.T) (comments []string) {
	t.Helper()
	files, err := fs.Glob(os.DirFS(".."), "*.go")
	require.NoError(t, err)
	types := map[string]bool{"Store": true, "Commit": true, "Snapshot": true, "Entry": true, "Keeper": true, "Record": true, "Sighting": true, "Watcher": true}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), "../"+file, nil, parser.ParseComments)
		require.NoError(t, err)
		for _, d := range parsed.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok || decl.Tok != token.TYPE {
				continue
			}
			spec := decl.Specs[0].(*ast.TypeSpec)
			if !types[spec.Name.Name] {
				continue
			}
			comments = append(comments, oneLine(decl.Doc))
			if methods, ok := spec.Type.(*ast.InterfaceType); ok {
				for _, m := range methods.Methods.List {
					if len(m.Names) > 0 {
						comments = append(comments, oneLine(m.Doc))
					}
				}
			}
		}
	}
	return comments
}

func oneLine(doc *ast.CommentGroup) string { return strings.Join(strings.Fields(doc.Text()), " ") }
