-- An example of row-level security that reads the tables of members. It follows this policy:
--
--	roles:
--	  owner:   {unique: true, includes: [admin], hands-over-to: admin}
--	  admin:   {all: true}
--	  staff:   {default: true}
--	  guest:   {}
--	  manager: {held-on: team}
--	resources:
--	  calendar:
--	    parties: {host: users}
--	    permissions:
--	      view: {staff: own, manager: team}
--
-- The application sets account and user for each of its transactions, with
-- set_config('app.account', …, true) and set_config('app.user_id', …, true). Without them, no row is
-- visible. It connects as a role that does not own the tables, here "app", and that has no access to
-- the schema of usher: it sees the views below, which read the tables as their owner. With
-- security_barrier, a condition in a query of the application is evaluated only on rows of the view.
--
-- The settings are trusted: SQL that an attacker injects into the application can change them.

ALTER TABLE calendars ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON calendars TO app;

-- The user and the account role. Only an active user sees anything.
CREATE VIEW me WITH (security_barrier) AS
SELECT user_id, role FROM usher.members
WHERE account = current_setting('app.account', true) AND user_id = current_setting('app.user_id', true) AND status = 'active';

-- The users in the teams that the user manages, and in all teams below these. A subquery that
-- does not depend on the row runs once for each statement.
CREATE VIEW managed_users WITH (security_barrier) AS
WITH RECURSIVE managed (account, team) AS (
	SELECT account, team FROM usher.team_roles
	WHERE account = current_setting('app.account', true) AND user_id = current_setting('app.user_id', true) AND role = 'manager'
	UNION
	SELECT t.account, t.team FROM usher.teams AS t JOIN managed AS m ON t.account = m.account AND t.parent = m.team
)
SELECT tm.user_id FROM usher.team_members AS tm JOIN managed AS m ON tm.account = m.account AND tm.team = m.team;

-- The grants of the user that have not ended. A transaction may be long, and now() is its beginning.
CREATE VIEW my_grants WITH (security_barrier) AS
SELECT grant_name FROM usher.grants
WHERE account = current_setting('app.account', true) AND user_id = current_setting('app.user_id', true) AND (until IS NULL OR until > clock_timestamp());

GRANT SELECT ON me, managed_users, my_grants TO app;

CREATE POLICY calendar_view ON calendars FOR SELECT TO app USING (
	account = current_setting('app.account', true)
	AND EXISTS (SELECT FROM me)
	AND (
		EXISTS (SELECT FROM me WHERE role IN ('owner', 'admin'))
		OR owner = (SELECT user_id FROM me WHERE role = 'staff')
		OR owner IN (SELECT user_id FROM managed_users)
		OR EXISTS (SELECT FROM my_grants WHERE grant_name = 'calendar.view')
	)
);
