// Package measure holds one peer against the reference: first whether they agree, then
// how long both take, in turns, so that whatever else the machine does hits both.
package measure

import "time"

// Spec says what is measured.
type Spec struct {
	Peer   string
	Users  int
	Seed   uint64
	Budget Budget
}

// Budget is how much time there is. Where it ends early, less is measured; the limits
// end a measurement, with a result that says so.
type Budget struct {
	Questions int           // how many different ones there are to ask in turns
	Pages     int           // and lists
	Agree     int           // questions to agree on
	AgreeFor  time.Duration // or fewer, when they take longer
	WarmFor   time.Duration // at most, to ask everything once
	Rounds    int           // of which the median counts
	Round     time.Duration
	Singles   int // calls that are timed one by one
	Changes   int // of roles
	EachFor   time.Duration

	LoadLimit   time.Duration
	OneLimit    time.Duration // of a single question
	MemoryLimit uint64        // bytes taken from the system
}

// Full is the budget of a run that is published.
var Full = Budget{
	Questions: 1 << 17, Pages: 64, Agree: 20_000, AgreeFor: time.Minute,
	WarmFor: 10 * time.Second, Rounds: 15, Round: 100 * time.Millisecond,
	Singles: 1 << 17, Changes: 2_000, EachFor: 3 * time.Second,
	LoadLimit: 90 * time.Second, OneLimit: time.Second, MemoryLimit: 10 << 30,
}

// Quick is the budget of a run that shows that everything works, also on a machine
// that is busy with other things: what hangs is all that its limits end.
var Quick = Budget{
	Questions: 1 << 10, Pages: 8, Agree: 500, AgreeFor: time.Hour,
	WarmFor: 100 * time.Millisecond, Rounds: 3, Round: 4 * time.Millisecond,
	Singles: 100, Changes: 10, EachFor: 100 * time.Millisecond,
	LoadLimit: time.Hour, OneLimit: time.Hour, MemoryLimit: 10 << 30,
}

// Pair is what the reference and the peer took, in nanoseconds, and the peer's as a
// multiple of the reference's. Each is a median of rounds; the ratio is the median of
// the rounds' ratios.
type Pair struct {
	Reference float64 `json:"reference_ns"`
	Peer      float64 `json:"peer_ns"`
	Ratio     float64 `json:"ratio"`
}

// Result is what was found out about a peer at one size.
type Result struct {
	Peer  string `json:"peer"`
	Users int    `json:"users"`

	// Refused says why there is nothing else: what took too long, or too much. It is
	// empty where everything was measured.
	Refused string `json:"refused,omitempty"`

	Agreed      int     `json:"agreed"` // questions with the reference's answer: all that were asked
	Allowed     float64 `json:"allowed"`
	PrepareTime float64 `json:"prepare_s"` // to fill the database, once; 0 for who has none
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
}
