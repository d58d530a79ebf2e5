-- The roles that users hold beside their account role, in the tables of members. role: a name of the
-- policy. No journal that was written before this migration has such a role, so the table has all rows
-- of the accounts that it has.
CREATE TABLE "{prefix}roles_beside" (
	account TEXT NOT NULL,
	user_id TEXT NOT NULL,
	role TEXT NOT NULL,
	PRIMARY KEY (account, user_id, role)
) WITHOUT ROWID;
