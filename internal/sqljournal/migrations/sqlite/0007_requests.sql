-- The kind of users and the open requests, in the tables of members.
--
-- mirrored_at: the version of the account up to which these tables have everything. Versions of usher
-- from before this migration do not write the column, the kind and the requests, so their commits make
-- an account incomplete, and so are all that exist now. A store that is opened with Members completes
-- them. rebuilt: how often the rows of the account were replaced by a store.
ALTER TABLE "{prefix}accounts" ADD COLUMN mirrored_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "{prefix}accounts" ADD COLUMN rebuilt INTEGER NOT NULL DEFAULT 0;

-- kind: person, or service for a program.
ALTER TABLE "{prefix}members" ADD COLUMN kind TEXT NOT NULL DEFAULT 'person';

-- The open requests: commands that users asked for, and that wait for an approval. user_id: the user
-- who made the request. commands: a JSON array of commands, as in the journal. until: the request can
-- be approved before this time; NULL: it has no end. since: the time of the commit that made the
-- request; NULL: when the rows were rebuilt, the journal did not have it any more. Both are Unix times in milliseconds, rounded down.
CREATE TABLE "{prefix}requests" (
	account TEXT NOT NULL,
	request INTEGER NOT NULL,
	user_id TEXT NOT NULL,
	commands TEXT NOT NULL,
	note TEXT,
	until INTEGER,
	since INTEGER,
	PRIMARY KEY (account, request)
) WITHOUT ROWID;
CREATE INDEX "{prefix}requests_user" ON "{prefix}requests" (account, user_id);
