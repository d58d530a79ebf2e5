-- The kind of users and the open requests, in the tables of members.
--
-- mirrored_at: the version of the account up to which these tables have everything. Versions of usher
-- from before this migration do not write the column, the kind and the requests, so their commits make
-- an account incomplete, and so are all that exist now. A store that is opened with Members completes
-- them. rebuilt: how often the rows of the account were replaced by a store.
ALTER TABLE {schema}.accounts ADD COLUMN mirrored_at bigint NOT NULL DEFAULT 0;
ALTER TABLE {schema}.accounts ADD COLUMN rebuilt bigint NOT NULL DEFAULT 0;

ALTER TABLE {schema}.members ADD COLUMN kind text NOT NULL DEFAULT 'person';
COMMENT ON COLUMN {schema}.members.kind IS 'person, or service for a program.';

CREATE TABLE {schema}.requests (
	account text NOT NULL,
	request bigint NOT NULL,
	user_id text NOT NULL,
	commands text NOT NULL,
	note text,
	until timestamptz,
	since timestamptz,
	PRIMARY KEY (account, request)
);
CREATE INDEX requests_user ON {schema}.requests (account, user_id);
COMMENT ON TABLE {schema}.requests IS 'The open requests: commands that users asked for, and that wait for an approval. Written by usher.';
COMMENT ON COLUMN {schema}.requests.user_id IS 'The user who made the request.';
COMMENT ON COLUMN {schema}.requests.commands IS 'A JSON array of commands, as in the journal: [{"do":"set-role","user":"mia","role":"admin"}].';
COMMENT ON COLUMN {schema}.requests.until IS 'The request can be approved before this time, rounded down to microseconds; NULL: it has no end.';
COMMENT ON COLUMN {schema}.requests.since IS 'The time of the commit that made the request, rounded down to microseconds; NULL: when the rows were rebuilt, the journal did not have it any more.';
