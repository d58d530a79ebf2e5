package boltstore

// SkipSyncs makes the writes of s faster and no longer safe against a loss of power, for
// tests that make or change a file and do not test that. Call it before the first write.
func SkipSyncs(s *Store) { s.file.db.NoSync = true }
