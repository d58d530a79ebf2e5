-- Plain tables of who is in an account, for joins with the tables of the host application. They are
-- written in the transaction of each commit, and only if the store is opened with the option Members;
-- otherwise they stay empty. Only usher may write them.

-- mirrored: the tables have the account.
ALTER TABLE "{prefix}accounts" ADD COLUMN mirrored INTEGER NOT NULL DEFAULT 0;

-- Has a row if a store was ever opened with Members.
CREATE TABLE "{prefix}mirror_state" (
	enabled INTEGER NOT NULL PRIMARY KEY CHECK (enabled)
);

-- The users of accounts. role: the account role, a name of the policy. status: active, invited or
-- inactive; only an active user may do anything.
CREATE TABLE "{prefix}members" (
	account TEXT NOT NULL,
	user_id TEXT NOT NULL,
	role TEXT NOT NULL,
	status TEXT NOT NULL,
	PRIMARY KEY (account, user_id)
) WITHOUT ROWID;

-- The teams of accounts. parent: the team above; NULL for a team at the top.
CREATE TABLE "{prefix}teams" (
	account TEXT NOT NULL,
	team TEXT NOT NULL,
	parent TEXT,
	PRIMARY KEY (account, team)
) WITHOUT ROWID;
CREATE INDEX "{prefix}teams_parent" ON "{prefix}teams" (account, parent);

-- Which users were put in which teams. A user in a team is not listed in the teams above it.
CREATE TABLE "{prefix}team_members" (
	account TEXT NOT NULL,
	team TEXT NOT NULL,
	user_id TEXT NOT NULL,
	PRIMARY KEY (account, team, user_id)
) WITHOUT ROWID;
CREATE INDEX "{prefix}team_members_user" ON "{prefix}team_members" (account, user_id);

-- The roles of users on teams, each of them a member of the team. role: the team role, a name of the
-- policy. It extends to the teams below.
CREATE TABLE "{prefix}team_roles" (
	account TEXT NOT NULL,
	team TEXT NOT NULL,
	user_id TEXT NOT NULL,
	role TEXT NOT NULL,
	PRIMARY KEY (account, team, user_id, role)
) WITHOUT ROWID;
CREATE INDEX "{prefix}team_roles_user" ON "{prefix}team_roles" (account, user_id);

-- How many seats accounts have bought. A pool without seats has no row.
CREATE TABLE "{prefix}seat_pools" (
	account TEXT NOT NULL,
	pool TEXT NOT NULL,
	bought INTEGER NOT NULL,
	PRIMARY KEY (account, pool)
) WITHOUT ROWID;

-- The seats that users hold.
CREATE TABLE "{prefix}seats" (
	account TEXT NOT NULL,
	pool TEXT NOT NULL,
	user_id TEXT NOT NULL,
	PRIMARY KEY (account, pool, user_id)
) WITHOUT ROWID;
CREATE INDEX "{prefix}seats_user" ON "{prefix}seats" (account, user_id);

-- Permissions, bundles and features that users have in addition to their roles. until: the grant is
-- valid before this time, Unix time in milliseconds, rounded down; NULL: it has no end.
CREATE TABLE "{prefix}grants" (
	account TEXT NOT NULL,
	user_id TEXT NOT NULL,
	grant_name TEXT NOT NULL,
	until INTEGER,
	PRIMARY KEY (account, user_id, grant_name)
) WITHOUT ROWID;
