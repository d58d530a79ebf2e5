-- The journal of each account. Ids are bytes, since an id may contain any bytes.

CREATE TABLE "{prefix}migrations" (
	name TEXT NOT NULL PRIMARY KEY, -- of a migration that has run
	checksum TEXT NOT NULL          -- SHA-256 of its text
);

-- version: of the last commit; -1 after an erasure. changed: a number that grows with every change
-- of any account, by which other processes find the changes.
CREATE TABLE "{prefix}accounts" (
	account BLOB NOT NULL PRIMARY KEY,
	version INTEGER NOT NULL,
	changed INTEGER NOT NULL
) WITHOUT ROWID;

CREATE UNIQUE INDEX "{prefix}accounts_changed" ON "{prefix}accounts" (changed);

CREATE TABLE "{prefix}commits" (
	account BLOB NOT NULL,
	version INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (account, version)
) WITHOUT ROWID;

-- Snapshots are large, and a table without rowids would copy them when it is reorganised.
CREATE TABLE "{prefix}snapshots" (
	account BLOB NOT NULL PRIMARY KEY,
	version INTEGER NOT NULL,
	data BLOB NOT NULL
);

CREATE TABLE "{prefix}records" (
	account BLOB NOT NULL,
	user_id BLOB NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (account, user_id)
) WITHOUT ROWID;

-- at: Unix time in milliseconds.
CREATE TABLE "{prefix}last_active" (
	account BLOB NOT NULL,
	user_id BLOB NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (account, user_id)
) WITHOUT ROWID;
