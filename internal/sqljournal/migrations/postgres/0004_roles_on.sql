-- The roles that users and teams hold on single resources, in the tables of members. No journal that was
-- written before this migration has such a role, so the tables have all rows of the accounts that they
-- have.

CREATE TABLE {schema}.roles_on (
	account text NOT NULL,
	user_id text NOT NULL,
	resource_type text NOT NULL,
	resource_id text NOT NULL,
	role text NOT NULL,
	PRIMARY KEY (account, user_id, resource_type, resource_id, role)
);
CREATE INDEX roles_on_resource ON {schema}.roles_on (account, resource_type, resource_id);
COMMENT ON TABLE {schema}.roles_on IS 'The roles that users hold on single resources, not through a team. Written by usher.';
COMMENT ON COLUMN {schema}.roles_on.role IS 'The role, a name of the policy.';
COMMENT ON COLUMN {schema}.roles_on.resource_type IS 'The type of the resource, a name of the policy: calendar.';

CREATE TABLE {schema}.team_roles_on (
	account text NOT NULL,
	team text NOT NULL,
	resource_type text NOT NULL,
	resource_id text NOT NULL,
	role text NOT NULL,
	PRIMARY KEY (account, team, resource_type, resource_id, role)
);
CREATE INDEX team_roles_on_resource ON {schema}.team_roles_on (account, resource_type, resource_id);
COMMENT ON TABLE {schema}.team_roles_on IS 'The roles that teams hold on single resources. The members of the team and of the teams below it hold them. Written by usher.';
COMMENT ON COLUMN {schema}.team_roles_on.role IS 'The role, a name of the policy.';
COMMENT ON COLUMN {schema}.team_roles_on.resource_type IS 'The type of the resource, a name of the policy: calendar.';
