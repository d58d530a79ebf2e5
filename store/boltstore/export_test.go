package boltstore

// SkipSyncs makes the writes of s faster, but not durable after a loss of power. It is for tests
// that do not test durability. Call it before the first write.
func SkipSyncs(s *Store) { s.file.db.NoSync = true }
