// Package engine keeps accounts alive: it answers questions about them, has them
// changed, and remembers both. An Engine is an usher.Authorizer over the journals
// of a store, and the only way to write to them.
//
//	e, err := engine.Open(engine.Options{Policy: p, Store: new(memstore.Store)})
//	…
//	_, err = e.Do(ctx, account.AsHost("signup"), "acme", account.CreateAccount{Owner: "olivia"})
//	d, err := e.Check(ctx, usher.Request{Account: "acme", Subject: "olivia", Permission: invite})
//
// A check looks at an immutable snapshot of the account in memory: it takes no
// lock and allocates nothing. A change is proposed on the newest snapshot, stored,
// and then made visible at once: the next check sees it.
//
// Everything fails closed. What cannot be read, is older than allowed or does not
// fit the policy is an error, and whatever comes with an error is a denial.
package engine
