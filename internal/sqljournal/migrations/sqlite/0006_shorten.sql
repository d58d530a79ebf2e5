-- Journals whose first commits were deleted, because they are in an archive. Versions of usher from
-- before this migration must not read such a journal: they report commits that are missing.
--
-- shortened: the version of the last commit that was deleted. seal: what the archive is compared with;
-- NULL if none was deleted.
ALTER TABLE "{prefix}accounts" ADD COLUMN shortened INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "{prefix}accounts" ADD COLUMN seal BLOB;
