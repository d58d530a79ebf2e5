-- In which accounts users are. Entries state which users they add and remove.
--
-- The index has an account if indexed is the version of the account, or 0 for an account that was
-- erased. Versions of usher from before this migration do not write the column, so their commits make
-- an account stale.
ALTER TABLE "{prefix}accounts" ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;

CREATE INDEX "{prefix}accounts_stale" ON "{prefix}accounts" (account) WHERE indexed <> max(version, 0);

CREATE TABLE "{prefix}user_accounts" (
	user_id BLOB NOT NULL,
	account BLOB NOT NULL,
	PRIMARY KEY (user_id, account)
) WITHOUT ROWID;

CREATE INDEX "{prefix}user_accounts_account" ON "{prefix}user_accounts" (account);
