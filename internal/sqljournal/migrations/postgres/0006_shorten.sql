-- Journals whose first commits were deleted, because they are in an archive. Versions of usher from
-- before this migration must not read such a journal: they report commits that are missing.
ALTER TABLE {schema}.accounts ADD COLUMN shortened bigint NOT NULL DEFAULT 0; -- the version of the last commit that was deleted
ALTER TABLE {schema}.accounts ADD COLUMN seal bytea;                          -- what the archive is compared with; NULL if none was
