// Package engine evaluates checks and commits changes of accounts over a store, which keeps
// a journal for each account: the list of its commits. An Engine is the usher.Authorizer of
// a program. Programs must write to the journals only through an Engine; several processes
// may each run one over the same store.
//
//	p, err := policyfile.Load("policy.yaml", source)
//	e, err := engine.Open(engine.Options{Policy: p, Store: new(memstore.Store)})
//	…
//	_, err = e.Do(ctx, account.AsHost("signup"), "acme", account.CreateAccount{Owner: "olivia"})
//	d, err := e.Check(ctx, usher.Request{Account: "acme", Subject: "olivia", Permission: createUser})
//
// A check reads an immutable snapshot of the account from a cache in memory. It takes no
// lock and allocates nothing. An account that is not in the cache is loaded from the
// store; concurrent callers share one load (single flight). The cache evicts accounts
// that were not used for a while.
//
// A change is proposed on the newest snapshot and stored by optimistic concurrency: if a
// concurrent commit comes first, the Engine retries on the new state. Once Submit
// returns, every later check of this Engine sees the change. A batch with an idempotency
// key is applied once, however often the caller retries it.
//
// SubmitTx commits a change in a transaction of the host application, together with the
// host's own rows. ReaderTx and HolderTx evaluate requests as that transaction sees the
// accounts; HolderTx also locks them against changes. The engine's memory never contains a
// commit that may still be rolled back.
//
// The journal of an account is its audit log. It also serves as an outbox and a change
// feed: Engine.Journal yields the commits after a version. Keep a cursor for each account
// to read each commit once.
//
// Shorten moves the first commits of a journal from the store to Options.Archive, where past versions and
// the journal are still read.
//
// Everything fails closed. An account that cannot be read, is older than allowed or does
// not fit the policy is an error, and the Decision beside an error is a denial.
package engine
