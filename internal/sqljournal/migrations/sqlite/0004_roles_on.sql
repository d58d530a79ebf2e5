-- The roles that users and teams hold on single resources, in the tables of members. role and
-- resource_type: names of the policy. The members of a team and of the teams below it hold the roles of
-- the team. No journal that was written before this migration has such a role, so the tables have all
-- rows of the accounts that they have.
CREATE TABLE "{prefix}roles_on" (
	account TEXT NOT NULL,
	user_id TEXT NOT NULL,
	resource_type TEXT NOT NULL,
	resource_id TEXT NOT NULL,
	role TEXT NOT NULL,
	PRIMARY KEY (account, user_id, resource_type, resource_id, role)
) WITHOUT ROWID;
CREATE INDEX "{prefix}roles_on_resource" ON "{prefix}roles_on" (account, resource_type, resource_id);

CREATE TABLE "{prefix}team_roles_on" (
	account TEXT NOT NULL,
	team TEXT NOT NULL,
	resource_type TEXT NOT NULL,
	resource_id TEXT NOT NULL,
	role TEXT NOT NULL,
	PRIMARY KEY (account, team, resource_type, resource_id, role)
) WITHOUT ROWID;
CREATE INDEX "{prefix}team_roles_on_resource" ON "{prefix}team_roles_on" (account, resource_type, resource_id);
