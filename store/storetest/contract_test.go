package storetest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/store/storetest"
)

// unchecked contains the sentences of the contract that no row can test, each with the reason.
var unchecked = map[string]string{
	// Definitions.
	"Store stores the journals of many accounts.":                        "a definition",
	"Commit is one entry of an account's journal.":                       "a definition",
	"Versions count from 1.":                                             "tested with a sentence of Append",
	"Snapshot is the state of an account after the commit of a version.": "a definition",
	"The zero Snapshot stands for none: it contains no commit.":          "a definition",
	"Entry is what one Append stores: a commit and, in a UserDataStore, the records that change with it, and which users of the account the commit adds and removes.": "a definition",
	"UserIndex is a Store that finds the accounts of a user.":                                               "a definition",
	"The entries of a journal state which users they add and remove, and the store keeps an index of them.": "a definition",
	"Users states which users of an account an Entry adds and removes, for a UserIndex.":                    "a definition",
	"The zero Users states nothing.":                                                                        "tested with a sentence of UserIndex",
	"For an account that it does not have, AccountsOf may yield too much or too little.":                    "a permission",
	"An erased account is among them if the index still has users of it.":                                   "an earlier version of the store must have erased it",
	"If the index has all accounts, the call is fast.":                                                      "a test cannot know what is fast",
	"Other stores ignore it.":                                                                               "the rows run for all stores",
	"Record is the personal data of one user.":                                                              "a definition",
	"LastActive is the time when a user was last active.":                                                   "a definition",
	"UserDataStore is a Store that also stores personal data, outside of the journal so that it can be erased: a record for each user, and the time when the user was last active.": "a definition",
	"The contract of Store applies to it too.":                                                                                                              "all rows run",
	"Watcher is a Store that notifies callers of new commits.":                                                                                              "a definition",
	"The module of a store makes a Tx from the host's transaction; the host begins and ends the transaction.":                                               "a definition",
	"LockMode states how Tx.Lock locks an account.":                                                                                                         "a definition",
	"Position is where the journal of an account ends for a transaction.":                                                                                   "a definition",
	"The zero Position is that of an account without commits.":                                                                                              "tested with a sentence of Lock",
	"ErrRefused is permanent, unlike the other errors: no call with the entry has stored it, and none will, so the caller must not retry.":                  "tested with a sentence of Append",
	"Shortener is a Store that deletes the commits at the beginning of a journal, once they are in an Archive.":                                             "a definition",
	"Archive is a place outside of a store, which the host application provides, for the beginnings of journals: a folder, or a bucket of an object store.": "a definition",
	"Package filearchive implements it in files.":                                                                                                           "a reference",
	"Objects contain personal data: ids of users, and notes of commits.":                                                                                    "a definition",
	"What reads them verifies them, so an Archive need not.":                                                                                                "tested in package engine",
	"Load returns the data of an object.":                                                                                                                   "tested with a sentence of Archive",
	"For an erased account, Save returns ErrErased.":                                                                                                        "tested with a sentence of Erase",
	// Sentences that a test cannot check from outside.
	"Save stores an object durably before it returns nil.":                                                                                        "a test cannot cause a crash",
	"After any other error the object may be stored, as a whole, or not; the caller retries.":                                                     "a permission",
	"After an error, a repeated call removes the rest.":                                                                                           "a test cannot cause such an error",
	"An earlier call whose outcome is unknown may have stored the same data.":                                                                     "a permission",
	"Methods wrap them in an [Error]; test for them with errors.Is.":                                                                              "a requirement on callers; rows use errors.Is",
	`Its method Refused returns "store-refused", and a Guard of usherhttp therefore answers with status 422.`:                                     "tested in package usherhttp",
	"Any other error may have ended the transaction too.":                                                                                         "a permission",
	"The Tx must not be used after f has returned.":                                                                                               "a requirement on callers",
	"For data that is too large for it, a store returns ErrInvalid.":                                                                              "each store has its own limit",
	"After any other error the outcome is unknown: the entry may be stored, now or in a moment, even if a read does not return it.":               "a test cannot cause such an error",
	"The caller retries with the same bytes until Append returns nil or ErrConflict; after ErrConflict, a read returns the entry that is stored.": "a requirement on callers",
	"A notification is a hint: it may come twice, late, or once for several commits, and a caller that missed one finds the commits by reading.":  "a permission",
	"A store that does not know whether an earlier call stored the entry, or will store it, returns another error.":                               "a test cannot cause such a case",
	"Watch yields it again if it may have missed a change.":                                                                                       "a test cannot cause such a case",
	"Hint is what Watch yields.":            "a definition",
	"The zero Hint stands for any account.": "tested with a sentence of Watch",
	"A caller that has it need not read.":   "a permission",
	"Confirmer is a Watcher that shows for all accounts together which of them have not changed.":                                  "a definition",
	"A caller thus finds out with one call that everything it has in memory is current.":                                           "a consequence",
	"A caller waits for its loop, and not only for Confirm: a loop that has ended, or does not reach the storage, yields no mark.": "a requirement on callers",
	"After an error no loop need yield one.": "a permission",
}

// Each row quotes the contract, and each sentence of the contract has a row or is unchecked.
func TestRowsQuoteTheContract(t *testing.T) {
	contract := contractOf(t)
	require.Equal(t, 52, len(contract), "comments on types, methods, fields and errors")
	var quotes []string
	names := map[string]bool{}
	quote := func(name, sentence string) {
		assert.False(t, names[name], "two rows %s", name)
		names[name] = true
		quotes = append(quotes, sentence)
		found := false
		for _, comment := range contract {
			found = found || strings.Contains(comment, sentence)
		}
		assert.True(t, found, "%s quotes a sentence that is not in package store: %s", name, sentence)
	}
	for _, row := range slices.Concat(storetest.Rows(), storetest.TxRows()) {
		quote(row.Name, row.Sentence)
	}
	for _, row := range storetest.ArchiveRows() {
		quote(row.Name, row.Sentence)
	}
	inContract := map[string]bool{}
	for _, comment := range contract {
		for _, sentence := range sentences(comment) {
			inContract[sentence] = true
			_, ok := unchecked[sentence]
			assert.NotEqual(t, ok, covered(sentence, quotes), "want either a row that quotes it, or an entry of unchecked: %s", sentence)
		}
	}
	for sentence := range unchecked {
		assert.True(t, inContract[sentence], "an entry of unchecked is not in package store: %s", sentence)
	}
}

// covered reports whether quotes contain the whole sentence. A quote may be a part of the sentence,
// or contain several sentences.
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

// contractOf returns the comments of the types, methods, fields and errors of the contract, each on
// one line.
func contractOf(t *testing.T) (comments []string) {
	t.Helper()
	files, err := fs.Glob(os.DirFS(".."), "*.go")
	require.NoError(t, err)
	types := map[string]bool{
		"Store": true, "Commit": true, "Snapshot": true, "Entry": true, "UserDataStore": true, "Record": true, "LastActive": true, "Watcher": true,
		"Tx": true, "LockMode": true, "Position": true, "Hint": true, "Confirmer": true, "Transactor": true, "VersionReader": true, "UserIndex": true, "Users": true,
		"Shortener": true, "Archive": true,
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), "../"+file, nil, parser.ParseComments)
		require.NoError(t, err)
		for _, d := range parsed.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			if decl.Tok == token.VAR && file == "errors.go" {
				comments = append(comments, oneLine(decl.Doc))
				for _, spec := range decl.Specs {
					if doc := spec.(*ast.ValueSpec).Doc; doc != nil {
						comments = append(comments, oneLine(doc))
					}
				}
			}
			if decl.Tok != token.TYPE {
				continue
			}
			spec := decl.Specs[0].(*ast.TypeSpec)
			if !types[spec.Name.Name] {
				continue
			}
			comments = append(comments, oneLine(decl.Doc))
			var members []*ast.Field
			switch typ := spec.Type.(type) {
			case *ast.InterfaceType:
				members = typ.Methods.List
			case *ast.StructType:
				members = typ.Fields.List
			}
			for _, m := range members {
				if m.Doc != nil {
					comments = append(comments, oneLine(m.Doc))
				}
			}
		}
	}
	return comments
}

func oneLine(doc *ast.CommentGroup) string { return strings.Join(strings.Fields(doc.Text()), " ") }
