package engine

import "math"

// doubts counts the hints of an account that the snapshot in memory does not have yet. Until they are
// settled, by a read that began after them or by a snapshot that is new enough, only a read of the
// account itself can confirm the snapshot. Engine.mu guards it. The zero value has none.
type doubts struct {
	hints    uint64 // so far
	settled  uint64 // how many of them are settled
	least    uint64 // a snapshot of this version settles all
	expected uint64 // the version of the pending commit during its first Append, else 0
	deferred bool   // a hint for expected came, and is looked at after that Append
}

// unknownVersion is the version that a hint without a version asks for.
const unknownVersion = math.MaxUint64

// doubt notes a hint for a version, 0 for unknown. It needs e.mu.
func (l *cachedAccount) doubt(version uint64) {
	if version == 0 {
		version = unknownVersion
	}
	l.doubts.hints++
	l.doubts.least = max(l.doubts.least, version)
	l.snap.doubtful.Store(true)
}

// settle notes that a snapshot that is not older than the first hints is in memory. It needs e.mu.
func (l *cachedAccount) settle(hints uint64) {
	d := &l.doubts
	d.settled = max(d.settled, hints)
	if l.snap.version() >= d.least {
		d.settled = d.hints
	}
	if d.settled == d.hints {
		d.least = 0
		l.snap.doubtful.Store(false)
	}
}

// inDoubt reports whether a hint is not settled. It needs e.mu.
func (l *cachedAccount) inDoubt() bool { return l.doubts.settled != l.doubts.hints }

// replaceSnapshot makes snap the newest snapshot of an account. A caller that has the one before must
// not take it as confirmed together with the others. It needs e.mu.
func (l *cachedAccount) replaceSnapshot(snap *snapshot) {
	if l.snap != nil {
		l.snap.doubtful.Store(true)
	}
	l.snap = snap
	snap.doubtful.Store(l.inDoubt())
}
