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
	CREATE TABLE calendars (id TEXT PRIMARY KEY, company TEXT NOT NULL, title TEXT NOT NULL);
	CREATE TABLE hosts (calendar TEXT, person TEXT, PRIMARY KEY (calendar, person));
	INSERT INTO calendars VALUES
		('a', 'acme', 'Intro'), ('b', 'acme', 'Demo'), ('c', 'acme', 'Review'),
		('x', 'globex', 'Secret');
	INSERT INTO hosts VALUES ('a', 'mia'), ('b', 'mia'), ('b', 'max'), ('c', 'max'), ('x', 'mia');
`

//go:embed policy.yaml
var policySource []byte

// openCompany returns an engine on the account acme with olivia, adam, mia and max.
func openCompany(ctx context.Context) *engine.Engine {
	p := must(policyfile.Load("policy.yaml", policySource))
	az := must(engine.Open(engine.Options{Policy: p, Store: new(memstore.Store)}))
	host := account.AsHost("signup")
	must(az.Do(ctx, host, "acme",
		account.CreateAccount{Owner: "olivia"},
		account.AddUser{User: "adam", Role: "admin"},
		account.AddUser{User: "mia"},
		account.AddUser{User: "max"}))
	return az
}
