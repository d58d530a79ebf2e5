package main

import (
	"context"
	_ "embed"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/store/memstore"
)

const schema = `
	CREATE TABLE folders (
		id TEXT PRIMARY KEY, company TEXT NOT NULL, title TEXT NOT NULL,
		parent TEXT REFERENCES folders);
	CREATE TABLE readers (folder TEXT, person TEXT, PRIMARY KEY (folder, person));
	CREATE TABLE files (
		id TEXT PRIMARY KEY, company TEXT NOT NULL, title TEXT NOT NULL,
		author TEXT, folder TEXT REFERENCES folders);
	CREATE TABLE comments (
		id TEXT PRIMARY KEY, company TEXT NOT NULL, title TEXT NOT NULL,
		author TEXT, file TEXT REFERENCES files, file_author TEXT, file_folder TEXT);

	INSERT INTO folders VALUES
		('all', 'acme', 'All', NULL), ('sales', 'acme', 'Sales', 'all'), ('eu', 'acme', 'Europe', 'sales'),
		('x', 'globex', 'Secret', NULL);
	INSERT INTO readers VALUES ('all', 'olivia'), ('sales', 'mia'), ('x', 'mia');
	INSERT INTO files VALUES
		('plan', 'acme', 'Plan', 'max', 'eu'), ('memo', 'acme', 'Memo', 'max', NULL),
		('leak', 'acme', 'Leak', 'max', 'x');
	INSERT INTO comments VALUES
		('1', 'acme', 'Nice', 'tom', 'plan', 'max', 'eu'), ('2', 'acme', 'Why?', 'tom', 'memo', 'max', NULL);
`

//go:embed policy.yaml
var policySource []byte

// openCompany returns an engine on the account acme with olivia, mia, max and tom.
func openCompany(ctx context.Context) *engine.Engine {
	p := must(policyfile.Load("policy.yaml", policySource))
	az := must(engine.Open(engine.Options{Policy: p, Store: new(memstore.Store)}))
	must(az.Do(ctx, account.AsHost("signup"), "acme",
		account.CreateAccount{Owner: "olivia"},
		account.AddUser{User: "mia"},
		account.AddUser{User: "max"},
		account.AddUser{User: "tom"}))
	return az
}
