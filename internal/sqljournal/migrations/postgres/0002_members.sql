-- Plain tables of who is in an account, for joins with the tables of the host application. They are
-- written in the transaction of each commit, and only if the store is opened with the option Members;
-- otherwise they stay empty. Only usher may write them.

ALTER TABLE {schema}.accounts ADD COLUMN mirrored boolean NOT NULL DEFAULT false; -- the tables have the account

-- Has a row if a store was ever opened with Members.
CREATE TABLE {schema}.mirror_state (
	enabled boolean PRIMARY KEY CHECK (enabled)
);

CREATE TABLE {schema}.members (
	account text NOT NULL,
	user_id text NOT NULL,
	role text NOT NULL,
	status text NOT NULL,
	PRIMARY KEY (account, user_id)
) WITH (fillfactor = 90);
COMMENT ON TABLE {schema}.members IS 'The users of accounts. Written by usher.';
COMMENT ON COLUMN {schema}.members.role IS 'The account role, a name of the policy.';
COMMENT ON COLUMN {schema}.members.status IS 'active, invited or inactive. Only an active user may do anything.';

CREATE TABLE {schema}.teams (
	account text NOT NULL,
	team text NOT NULL,
	parent text,
	PRIMARY KEY (account, team)
);
CREATE INDEX teams_parent ON {schema}.teams (account, parent);
COMMENT ON TABLE {schema}.teams IS 'The teams of accounts. Written by usher.';
COMMENT ON COLUMN {schema}.teams.parent IS 'The team above; NULL for a team at the top.';

CREATE TABLE {schema}.team_members (
	account text NOT NULL,
	team text NOT NULL,
	user_id text NOT NULL,
	PRIMARY KEY (account, team, user_id)
);
CREATE INDEX team_members_user ON {schema}.team_members (account, user_id);
COMMENT ON TABLE {schema}.team_members IS 'Which users were put in which teams. A user in a team is not listed in the teams above it. Written by usher.';

CREATE TABLE {schema}.team_roles (
	account text NOT NULL,
	team text NOT NULL,
	user_id text NOT NULL,
	role text NOT NULL,
	PRIMARY KEY (account, team, user_id, role)
);
CREATE INDEX team_roles_user ON {schema}.team_roles (account, user_id);
COMMENT ON TABLE {schema}.team_roles IS 'The roles of users on teams; a user can have a role on a team without being a member of it. Written by usher.';
COMMENT ON COLUMN {schema}.team_roles.role IS 'The team role, a name of the policy. It extends to the teams below.';

CREATE TABLE {schema}.seat_pools (
	account text NOT NULL,
	pool text NOT NULL,
	bought bigint NOT NULL,
	PRIMARY KEY (account, pool)
);
COMMENT ON TABLE {schema}.seat_pools IS 'How many seats accounts have bought. A pool without seats has no row. Written by usher.';

CREATE TABLE {schema}.seats (
	account text NOT NULL,
	pool text NOT NULL,
	user_id text NOT NULL,
	PRIMARY KEY (account, pool, user_id)
);
CREATE INDEX seats_user ON {schema}.seats (account, user_id);
COMMENT ON TABLE {schema}.seats IS 'The seats that users hold. Written by usher.';

CREATE TABLE {schema}.grants (
	account text NOT NULL,
	user_id text NOT NULL,
	grant_name text NOT NULL,
	until timestamptz,
	PRIMARY KEY (account, user_id, grant_name)
);
COMMENT ON TABLE {schema}.grants IS 'Permissions, bundles and features that users have in addition to their roles. Written by usher.';
COMMENT ON COLUMN {schema}.grants.until IS 'The grant is valid before this time, rounded down to microseconds; NULL: it has no end.';
