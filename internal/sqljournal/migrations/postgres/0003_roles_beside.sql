-- The roles that users hold beside their account role, in the tables of members. No journal that was
-- written before this migration has such a role, so the table has all rows of the accounts that it has.

CREATE TABLE {schema}.roles_beside (
	account text NOT NULL,
	user_id text NOT NULL,
	role text NOT NULL,
	PRIMARY KEY (account, user_id, role)
);
COMMENT ON TABLE {schema}.roles_beside IS 'The roles that users hold beside their account role. Written by usher.';
COMMENT ON COLUMN {schema}.roles_beside.role IS 'The role, a name of the policy.';
