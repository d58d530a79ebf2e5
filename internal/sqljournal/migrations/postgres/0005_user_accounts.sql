-- In which accounts users are. Entries state which users they add and remove.
--
-- The index has an account if indexed is the version of the account, or 0 for an account that was
-- erased. Versions of usher from before this migration do not write the column, so their commits make
-- an account stale. The column stale is computed, and an index can use it without new entries for each
-- commit: its value stays the same.

ALTER TABLE {schema}.accounts ADD COLUMN indexed bigint NOT NULL DEFAULT 0;
ALTER TABLE {schema}.accounts ADD COLUMN stale boolean GENERATED ALWAYS AS (indexed <> CASE WHEN version < 0 THEN 0 ELSE version END) STORED;
CREATE INDEX accounts_stale ON {schema}.accounts (account) WHERE stale;

CREATE TABLE {schema}.user_accounts (
	user_id bytea NOT NULL,
	account bytea NOT NULL,
	PRIMARY KEY (user_id, account)
);
CREATE INDEX user_accounts_account ON {schema}.user_accounts (account);
