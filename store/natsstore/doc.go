// Package natsstore stores the journals of many accounts in NATS JetStream, on three servers or more.
// While a majority of them is up, no acknowledged commit is lost, and every instance of a program can
// read and write all accounts.
//
//	nc, err := nats.Connect("nats://nats-1,nats://nats-2,nats://nats-3", natsstore.ConnectOptions()...)
//	s, err := natsstore.Open(ctx, nc, natsstore.Options{})
//	defer s.Close()
//
// A Store is a store.UserDataStore, store.Confirmer, store.VersionReader, store.UserIndex and store.Shortener. It cannot take part in the
// transactions of a host application: for that, use a store in the database of the application.
//
// # Promises
//
// After a nil error of Append, the entry is on the disks of a majority of the servers, if their
// configuration has
//
//	jetstream { sync_interval: always }
//
// With the default of the server, an acknowledgement only means that a majority has the entry in
// memory: if servers lose power, acknowledged commits can be lost, and different ones stored in their
// place. Clients cannot read this setting, so Check reads the monitoring of the servers.
//
// A read returns every entry that was acknowledged before it began, whichever server answers, also
// while the network is divided. On the side without a majority, reads and writes return errors. After
// the loss of a leader, the servers elect another one within four to nine seconds; a call waits for it,
// for at most five times Options.Timeout or until its context is done.
//
// If the servers have fewer or other commits of an account than this process has read before, calls
// return ErrLost. The engine also detects such a loss, by the hash of the commit before that each commit
// contains.
//
// # Erasing
//
// The servers keep the bytes of messages that were replaced or purged, for an unlimited time. Thus the
// data of all messages is encrypted (AES-256-GCM), with keys that are stored beside it: one for the commits
// and snapshots of an account, and another one for its records and last-active times. Erase deletes the
// keys of the account. After a record was deleted, what remains of the account's records and
// last-active times is encrypted with a new key in the background, and the old key is deleted. The
// servers overwrite the bytes of a deleted key at once in its stream, and remove them from their logs
// within minutes.
//
// The subjects of messages are not encrypted. They contain the id of the account, which stays for ever:
// the mark of an erased account has it, too. Those of the index of users contain a part of the SHA-256 of
// the user's id, which a guess of the id can be compared with. Erase has the servers overwrite these
// messages, after the keys, and so has the removal of a user, if all servers are up; otherwise they stay
// until the account is erased. The servers remove the subjects from their logs and lists within minutes.
// Ids that are random, and not names or addresses, disclose nothing.
//
// A server that is down meanwhile would not overwrite its copy of the key. Therefore a key is only
// deleted when all servers are up; until then it is tried again and again, and Check reports it. Erase
// does not wait for all of many thousand users either. What was erased cannot be read in the meantime.
// Backups contain the keys: they must be deleted themselves.
//
// The encryption is for erasing only. It does not protect the data from readers of the streams.
//
// # Limits
//
// An entry with records of about 200 MiB fits into one batch of the servers; one that needs more than
// 1,000 messages of 900 KiB returns store.ErrInvalid. Records, LastActiveTimes and Accounts read their
// result into memory before the loop begins.
//
// The index of users (store.UserIndex) has a message for each user of each account, which takes some
// hundred bytes of the servers' memory. It loses an account by a commit that adds or removes more than
// 700 users, or does so beside very large records, until IndexUsers has read them again. Erase, and
// IndexUsers, look at the subjects of all users of a partition.
package natsstore
