CREATE TABLE people (company TEXT, id TEXT, role TEXT NOT NULL, active INTEGER NOT NULL, PRIMARY KEY (company, id));
CREATE TABLE teams (company TEXT, id TEXT, above TEXT, PRIMARY KEY (company, id));
CREATE TABLE memberships (company TEXT, team TEXT, person TEXT, manages INTEGER NOT NULL, PRIMARY KEY (company, team, person));
CREATE TABLE calendars (company TEXT, id TEXT PRIMARY KEY, title TEXT NOT NULL, team TEXT); -- NULL: no team hosts it
CREATE TABLE calendar_hosts (calendar TEXT, person TEXT, PRIMARY KEY (calendar, person));

INSERT INTO people VALUES
	('acme', 'olivia', 'owner', 1), ('acme', 'tom', 'member', 1), ('acme', 'mia', 'member', 1),
	('acme', 'max', 'member', 1), ('acme', 'sam', 'member', 1), ('acme', 'ina', 'admin', 0), ('globex', 'mia', 'owner', 1);
INSERT INTO teams VALUES ('acme', 'sales', NULL), ('acme', 'emea', 'sales'), ('acme', 'support', NULL);
INSERT INTO memberships VALUES
	('acme', 'sales', 'tom', 1), ('acme', 'emea', 'mia', 0), ('acme', 'sales', 'max', 0), ('acme', 'support', 'sam', 0);
INSERT INTO calendars VALUES
	('acme', 'intro', 'Intro', NULL), ('acme', 'demo', 'Demo', NULL), ('acme', 'help', 'Help', NULL),
	('acme', 'team', 'Whole team', 'sales'), ('globex', 'secret', 'Secret', NULL);
INSERT INTO calendar_hosts VALUES ('intro', 'mia'), ('demo', 'mia'), ('demo', 'max'), ('help', 'sam'), ('secret', 'mia');
