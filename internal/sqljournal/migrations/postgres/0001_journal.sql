-- The journals of accounts, as package store of usher defines them. Ids are bytes, because they
-- sort by their bytes and may contain any.

-- CREATE SCHEMA IF NOT EXISTS would need the privilege to create schemas even if it exists.
DO $usher$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = {schema literal}) THEN
		CREATE SCHEMA {schema};
	END IF;
END $usher$;

CREATE TABLE {schema}.migrations (
	name text PRIMARY KEY,   -- of a migration that has run
	checksum text NOT NULL   -- SHA-256 of its text
);

CREATE TABLE {schema}.accounts (
	account bytea PRIMARY KEY,
	version bigint NOT NULL, -- of the last commit; -1: erased, and the id is never used again
	xid bigint NOT NULL,     -- the transaction that wrote the row last
	base bigint NOT NULL     -- the version before the first write of that transaction
) WITH (fillfactor = 70);

CREATE TABLE {schema}.commits (
	account bytea NOT NULL,
	version bigint NOT NULL, -- counts from 1; the only row of an erased account has -1
	xid bigint NOT NULL,     -- the transaction that wrote the row
	data bytea NOT NULL,
	PRIMARY KEY (account, version)
);

-- Instances find the commits of others by the number of the transaction. An index of block ranges
-- would be smaller, but new rows would be scanned until a vacuum summarizes them.
CREATE INDEX commits_xid ON {schema}.commits (xid);

CREATE TABLE {schema}.snapshots (
	account bytea PRIMARY KEY,
	version bigint NOT NULL, -- the state after the commit of this version
	data bytea NOT NULL
);

CREATE TABLE {schema}.records (
	account bytea NOT NULL,
	user_id bytea NOT NULL,
	data bytea NOT NULL,
	PRIMARY KEY (account, user_id)
);

CREATE TABLE {schema}.last_active (
	account bytea NOT NULL,
	user_id bytea NOT NULL,
	at bigint NOT NULL,      -- milliseconds since 1970, UTC
	PRIMARY KEY (account, user_id)
) WITH (fillfactor = 90);
