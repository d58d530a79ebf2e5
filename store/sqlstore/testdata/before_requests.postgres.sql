SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA before;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE before.accounts (
    account bytea NOT NULL,
    version bigint NOT NULL,
    xid bigint NOT NULL,
    base bigint NOT NULL,
    mirrored boolean DEFAULT false NOT NULL,
    indexed bigint DEFAULT 0 NOT NULL,
    stale boolean GENERATED ALWAYS AS ((indexed <>
CASE
    WHEN (version < 0) THEN (0)::bigint
    ELSE version
END)) STORED
)
WITH (fillfactor='70');
CREATE TABLE before.commits (
    account bytea NOT NULL,
    version bigint NOT NULL,
    xid bigint NOT NULL,
    data bytea NOT NULL
);
CREATE TABLE before.grants (
    account text NOT NULL,
    user_id text NOT NULL,
    grant_name text NOT NULL,
    until timestamp with time zone
);
COMMENT ON TABLE before.grants IS 'Permissions, bundles and features that users have in addition to their roles. Written by usher.';
COMMENT ON COLUMN before.grants.until IS 'The grant is valid before this time, rounded down to microseconds; NULL: it has no end.';
CREATE TABLE before.last_active (
    account bytea NOT NULL,
    user_id bytea NOT NULL,
    at bigint NOT NULL
)
WITH (fillfactor='90');
CREATE TABLE before.members (
    account text NOT NULL,
    user_id text NOT NULL,
    role text NOT NULL,
    status text NOT NULL
)
WITH (fillfactor='90');
COMMENT ON TABLE before.members IS 'The users of accounts. Written by usher.';
COMMENT ON COLUMN before.members.role IS 'The account role, a name of the policy.';
COMMENT ON COLUMN before.members.status IS 'active, invited or inactive. Only an active user may do anything.';
CREATE TABLE before.migrations (
    name text NOT NULL,
    checksum text NOT NULL
);
CREATE TABLE before.mirror_state (
    enabled boolean NOT NULL,
    CONSTRAINT mirror_state_enabled_check CHECK (enabled)
);
CREATE TABLE before.records (
    account bytea NOT NULL,
    user_id bytea NOT NULL,
    data bytea NOT NULL
);
CREATE TABLE before.roles_beside (
    account text NOT NULL,
    user_id text NOT NULL,
    role text NOT NULL
);
COMMENT ON TABLE before.roles_beside IS 'The roles that users hold beside their account role. Written by usher.';
COMMENT ON COLUMN before.roles_beside.role IS 'The role, a name of the policy.';
CREATE TABLE before.roles_on (
    account text NOT NULL,
    user_id text NOT NULL,
    resource_type text NOT NULL,
    resource_id text NOT NULL,
    role text NOT NULL
);
COMMENT ON TABLE before.roles_on IS 'The roles that users hold on single resources, not through a team. Written by usher.';
COMMENT ON COLUMN before.roles_on.resource_type IS 'The type of the resource, a name of the policy: calendar.';
COMMENT ON COLUMN before.roles_on.role IS 'The role, a name of the policy.';
CREATE TABLE before.seat_pools (
    account text NOT NULL,
    pool text NOT NULL,
    bought bigint NOT NULL
);
COMMENT ON TABLE before.seat_pools IS 'How many seats accounts have bought. A pool without seats has no row. Written by usher.';
CREATE TABLE before.seats (
    account text NOT NULL,
    pool text NOT NULL,
    user_id text NOT NULL
);
COMMENT ON TABLE before.seats IS 'The seats that users hold. Written by usher.';
CREATE TABLE before.snapshots (
    account bytea NOT NULL,
    version bigint NOT NULL,
    data bytea NOT NULL
);
CREATE TABLE before.team_members (
    account text NOT NULL,
    team text NOT NULL,
    user_id text NOT NULL
);
COMMENT ON TABLE before.team_members IS 'Which users were put in which teams. A user in a team is not listed in the teams above it. Written by usher.';
CREATE TABLE before.team_roles (
    account text NOT NULL,
    team text NOT NULL,
    user_id text NOT NULL,
    role text NOT NULL
);
COMMENT ON TABLE before.team_roles IS 'The roles of users on teams; a user can have a role on a team without being a member of it. Written by usher.';
COMMENT ON COLUMN before.team_roles.role IS 'The team role, a name of the policy. It extends to the teams below.';
CREATE TABLE before.team_roles_on (
    account text NOT NULL,
    team text NOT NULL,
    resource_type text NOT NULL,
    resource_id text NOT NULL,
    role text NOT NULL
);
COMMENT ON TABLE before.team_roles_on IS 'The roles that teams hold on single resources. The members of the team and of the teams below it hold them. Written by usher.';
COMMENT ON COLUMN before.team_roles_on.resource_type IS 'The type of the resource, a name of the policy: calendar.';
COMMENT ON COLUMN before.team_roles_on.role IS 'The role, a name of the policy.';
CREATE TABLE before.teams (
    account text NOT NULL,
    team text NOT NULL,
    parent text
);
COMMENT ON TABLE before.teams IS 'The teams of accounts. Written by usher.';
COMMENT ON COLUMN before.teams.parent IS 'The team above; NULL for a team at the top.';
CREATE TABLE before.user_accounts (
    user_id bytea NOT NULL,
    account bytea NOT NULL
);
INSERT INTO before.accounts VALUES ('\x61636d65', 3, 728, 2, true, 0, DEFAULT);
INSERT INTO before.accounts VALUES ('\x6f74686572', 1, 729, 0, true, 0, DEFAULT);
INSERT INTO before.commits VALUES ('\x61636d65', 1, 726, '\x7b227573686572223a312c226163636f756e74223a2261636d65222c2276657273696f6e223a312c2270726576696f7573223a2265336230633434323938666331633134396166626634633839393666623932343237616534316534363439623933346361343935393931623738353262383535222c226964223a226331222c2274696d65223a22323032362d30332d30315431323a30313a30305a222c226163746f72223a7b22686f7374223a2274657374227d2c22706f6c696379223a2266626562643039306138663633353332366164303261343863356332383337303837303537356233316232656665646565646664643837366366353233363630222c226368616e676573223a5b7b226368616e6765223a226163636f756e742d63726561746564222c226f776e6572223a226d6961222c22756e69717565223a226f776e6572227d2c7b226368616e6765223a227465616d2d63726561746564222c227465616d223a2273616c6573227d5d7d');
INSERT INTO before.commits VALUES ('\x61636d65', 2, 727, '\x7b227573686572223a312c226163636f756e74223a2261636d65222c2276657273696f6e223a322c2270726576696f7573223a2235623338646131303136656431333661336632353936346534346230613938376137343432393961323333353531663238303562356133303133303634323133222c226964223a226332222c2274696d65223a22323032362d30332d30315431323a30323a30305a222c226163746f72223a7b22686f7374223a2274657374227d2c22706f6c696379223a2266626562643039306138663633353332366164303261343863356332383337303837303537356233316232656665646565646664643837366366353233363630222c226368616e676573223a5b7b226368616e6765223a22757365722d6164646564222c2275736572223a226d6178222c22726f6c65223a226775657374222c22737461747573223a22616374697665227d2c7b226368616e6765223a226d656d6265722d6164646564222c227465616d223a2273616c6573222c2275736572223a226d6178227d2c7b226368616e6765223a22757365722d6164646564222c2275736572223a22726f626f74222c22726f6c65223a226775657374222c22737461747573223a22616374697665222c226b696e64223a2273657276696365227d5d7d');
INSERT INTO before.commits VALUES ('\x61636d65', 3, 728, '\x7b227573686572223a312c226163636f756e74223a2261636d65222c2276657273696f6e223a332c2270726576696f7573223a2237383438353436623830376562393930393966303635326562336132653932356462386462336432633832393066373063363131313537623061366164323039222c226964223a226333222c2274696d65223a22323032362d30332d30315431323a30333a30305a222c226163746f72223a7b2275736572223a226d6178227d2c22706f6c696379223a2266626562643039306138663633353332366164303261343863356332383337303837303537356233316232656665646565646664643837366366353233363630222c226368616e676573223a5b7b226368616e6765223a22726571756573742d6d616465222c2272657175657374223a312c2275736572223a226d6178222c22636f6d6d616e6473223a5b7b22646f223a227365742d726f6c65222c2275736572223a226d6178222c22726f6c65223a2261646d696e227d5d2c226e6f7465223a2249276d20696e20636861726765206e6f77222c22756e74696c223a22323032372d30332d30315431323a30303a30305a227d5d7d');
INSERT INTO before.commits VALUES ('\x6f74686572', 1, 729, '\x7b227573686572223a312c226163636f756e74223a226f74686572222c2276657273696f6e223a312c2270726576696f7573223a2265336230633434323938666331633134396166626634633839393666623932343237616534316534363439623933346361343935393931623738353262383535222c226964223a226331222c2274696d65223a22323032362d30332d30315431323a30313a30305a222c226163746f72223a7b22686f7374223a2274657374227d2c22706f6c696379223a2266626562643039306138663633353332366164303261343863356332383337303837303537356233316232656665646565646664643837366366353233363630222c226368616e676573223a5b7b226368616e6765223a226163636f756e742d63726561746564222c226f776e6572223a22616e6e222c22756e69717565223a226f776e6572227d5d7d');
INSERT INTO before.members VALUES ('acme', 'mia', 'owner', 'active');
INSERT INTO before.members VALUES ('acme', 'robot', 'guest', 'active');
INSERT INTO before.members VALUES ('acme', 'max', 'guest', 'active');
INSERT INTO before.members VALUES ('other', 'ann', 'owner', 'active');
INSERT INTO before.migrations VALUES ('0001_journal', '870bc62ee46cd35fab6a571cab7f7897e5e1ad344165a5f9265f564f01b2d4c5');
INSERT INTO before.migrations VALUES ('0002_members', 'f0779d3ceb7ca61d7b517d0af0f0a6f268f63aa6ca78debacea3c41afc5ff85a');
INSERT INTO before.migrations VALUES ('0003_roles_beside', '477896a32fb2ffb3469c3b2dbc3a24a2df266ccc4b9061e12cfcc6d90462469f');
INSERT INTO before.migrations VALUES ('0004_roles_on', '8274ddcf4a2b9629e12d3de2163728ac877026cb35827bbee0acceed69693f7f');
INSERT INTO before.migrations VALUES ('0005_user_accounts', '10ccd851eaff5e6931085be82846d37c3a3da7f8131f8d6c28f3b2ad4448ed0c');
INSERT INTO before.mirror_state VALUES (true);
INSERT INTO before.team_members VALUES ('acme', 'sales', 'max');
INSERT INTO before.teams VALUES ('acme', 'sales', NULL);
ALTER TABLE ONLY before.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (account);
ALTER TABLE ONLY before.commits
    ADD CONSTRAINT commits_pkey PRIMARY KEY (account, version);
ALTER TABLE ONLY before.grants
    ADD CONSTRAINT grants_pkey PRIMARY KEY (account, user_id, grant_name);
ALTER TABLE ONLY before.last_active
    ADD CONSTRAINT last_active_pkey PRIMARY KEY (account, user_id);
ALTER TABLE ONLY before.members
    ADD CONSTRAINT members_pkey PRIMARY KEY (account, user_id);
ALTER TABLE ONLY before.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (name);
ALTER TABLE ONLY before.mirror_state
    ADD CONSTRAINT mirror_state_pkey PRIMARY KEY (enabled);
ALTER TABLE ONLY before.records
    ADD CONSTRAINT records_pkey PRIMARY KEY (account, user_id);
ALTER TABLE ONLY before.roles_beside
    ADD CONSTRAINT roles_beside_pkey PRIMARY KEY (account, user_id, role);
ALTER TABLE ONLY before.roles_on
    ADD CONSTRAINT roles_on_pkey PRIMARY KEY (account, user_id, resource_type, resource_id, role);
ALTER TABLE ONLY before.seat_pools
    ADD CONSTRAINT seat_pools_pkey PRIMARY KEY (account, pool);
ALTER TABLE ONLY before.seats
    ADD CONSTRAINT seats_pkey PRIMARY KEY (account, pool, user_id);
ALTER TABLE ONLY before.snapshots
    ADD CONSTRAINT snapshots_pkey PRIMARY KEY (account);
ALTER TABLE ONLY before.team_members
    ADD CONSTRAINT team_members_pkey PRIMARY KEY (account, team, user_id);
ALTER TABLE ONLY before.team_roles_on
    ADD CONSTRAINT team_roles_on_pkey PRIMARY KEY (account, team, resource_type, resource_id, role);
ALTER TABLE ONLY before.team_roles
    ADD CONSTRAINT team_roles_pkey PRIMARY KEY (account, team, user_id, role);
ALTER TABLE ONLY before.teams
    ADD CONSTRAINT teams_pkey PRIMARY KEY (account, team);
ALTER TABLE ONLY before.user_accounts
    ADD CONSTRAINT user_accounts_pkey PRIMARY KEY (user_id, account);
CREATE INDEX accounts_stale ON before.accounts USING btree (account) WHERE stale;
CREATE INDEX commits_xid ON before.commits USING btree (xid);
CREATE INDEX roles_on_resource ON before.roles_on USING btree (account, resource_type, resource_id);
CREATE INDEX seats_user ON before.seats USING btree (account, user_id);
CREATE INDEX team_members_user ON before.team_members USING btree (account, user_id);
CREATE INDEX team_roles_on_resource ON before.team_roles_on USING btree (account, resource_type, resource_id);
CREATE INDEX team_roles_user ON before.team_roles USING btree (account, user_id);
CREATE INDEX teams_parent ON before.teams USING btree (account, parent);
CREATE INDEX user_accounts_account ON before.user_accounts USING btree (account);
