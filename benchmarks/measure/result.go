// Package measure compares a peer with the reference: first their answers, then their
// times. Both are measured in alternating turns, so that other load on the machine affects
// both.
package measure

import "time"

// Spec describes a measurement.
type Spec struct {
	Peer   string
	Users  int
	Seed   uint64
	Budget Budget
}

// Budget limits a measurement. When a time for a part is used up, less is measured. When a
// limit is exceeded, the measurement ends, and the result states that.
type Budget struct {
	Questions int           // different questions for the turns
	Pages     int           // different lists for the turns
	Visits    int           // different visits and batches for the turns
	Agree     int           // questions to compare with the reference
	AgreeFor  time.Duration // the time after which fewer questions are compared
	WarmFor   time.Duration // the maximum time to ask each question once
	Rounds    int           // the result is the median over the rounds
	Round     time.Duration
	Singles   int // calls that are timed one by one
	Changes   int // of roles
	EachFor   time.Duration

	LoadLimit   time.Duration
	OneLimit    time.Duration // of a single question
	MemoryLimit uint64        // bytes taken from the system
}

// Full returns the budget of a published run.
var Full = Budget{
	Questions: 1 << 17, Pages: 64, Visits: 1 << 14, Agree: 20_000, AgreeFor: time.Minute,
	WarmFor: 10 * time.Second, Rounds: 15, Round: 100 * time.Millisecond,
	Singles: 1 << 17, Changes: 2_000, EachFor: 3 * time.Second,
	LoadLimit: 90 * time.Second, OneLimit: time.Second, MemoryLimit: 10 << 30,
}

// Quick returns the budget of a run that only verifies that everything works, also on a busy
// machine: its limits end only a peer that hangs.
var Quick = Budget{
	Questions: 1 << 10, Pages: 8, Visits: 1 << 7, Agree: 500, AgreeFor: time.Hour,
	WarmFor: 100 * time.Millisecond, Rounds: 3, Round: 4 * time.Millisecond,
	Singles: 100, Changes: 10, EachFor: 100 * time.Millisecond,
	LoadLimit: time.Hour, OneLimit: time.Hour, MemoryLimit: 10 << 30,
}

// Pair contains the times of the reference and of the peer, in nanoseconds, and the ratio of
// the peer to the reference. Each is a median over the rounds; the ratio is the median of
// the ratios of the rounds.
type Pair struct {
	Reference float64 `json:"reference_ns"`
	Peer      float64 `json:"peer_ns"`
	Ratio     float64 `json:"ratio"`
}

// Result is the result of a peer at one size.
type Result struct {
	Peer  string `json:"peer"`
	Users int    `json:"users"`

	// Refused states which limit the peer exceeded. It is empty if everything was measured.
	Refused string `json:"refused,omitempty"`

	Agreed      int     `json:"agreed"` // the number of compared questions, which all had the reference's answer
	Allowed     float64 `json:"allowed"`
	PrepareTime float64 `json:"prepare_s"` // to fill the database once; 0 without a database
	LoadTime    float64 `json:"load_s"`    // to be ready for questions, at every start
	Heap        float64 `json:"heap_bytes_per_user"`
	HeapStored  float64 `json:"heap_with_store_bytes_per_user"`

	Check    Pair    `json:"check"`
	Parallel Pair    `json:"check_parallel"`
	Allocs   float64 `json:"check_allocs"`
	Bytes    float64 `json:"check_bytes"`
	P50      Pair    `json:"check_p50"`
	P99      Pair    `json:"check_p99"`

	Change    Pair    `json:"role_change_p50"`
	ChangeP99 float64 `json:"role_change_p99_ns"`

	Actions     Pair    `json:"actions"`
	ActionsEach float64 `json:"actions_per_check"` // as a multiple of the peer's own check of a calendar
	List        Pair    `json:"list"`
	ListOf      float64 `json:"list_calendars"` // on a page, on average

	Forms *Forms `json:"forms,omitempty"` // nil if the peer is not a peer.Caller
}

// Forms are the results of a peer.Caller. The reference answers the same questions one by one.
type Forms struct {
	Arguments    Pair    `json:"arguments"` // one check
	Visit        Pair    `json:"visit"`     // five checks of one user
	Batch        Pair    `json:"batch"`     // sixteen checks of users
	Allocs       float64 `json:"allocs"`    // of one call of each form
	Cores        float64 `json:"cores"`     // checks on all processors, as a multiple of those on one
	CoresChanged float64 `json:"cores_with_commits"`
	Commits      float64 `json:"commits_per_second"` // meanwhile
}
