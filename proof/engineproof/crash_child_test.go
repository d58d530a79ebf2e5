package engineproof_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
)

// crashAccounts are the accounts to which all writers of the killed process write.
var crashAccounts = []usher.AccountID{"acme", "bravo", "corso", "delta"}

const (
	crashWriters = 6

	// nick is a custom field. Its last value is the key of the batch that set it.
	nick = "nick"

	// giveUp is the time after which a writer reports a batch without a known outcome. All faults
	// end sooner.
	giveUp = time.Minute
)

// writer is a process that writes until it is killed. It is the JSON in the process's environment.
type writer struct {
	Place         place
	Keys          string   // the prefix of its idempotency keys
	Retry         []string // the keys without a reported outcome of the process that it replaces
	CommitTimeout time.Duration
	Break         string // a key of breaks, for a process with a fault; "" for none
}

// crashBatch returns the batch of an idempotency key. The key alone determines the batch, so that a
// retry needs only the key.
func crashBatch(key string) engine.Batch {
	h := fnv.New64a()
	io.WriteString(h, key)
	r := rand.New(rand.NewPCG(h.Sum64(), 0))
	b := engine.Batch{IdempotencyKey: key, Account: crashAccounts[r.IntN(len(crashAccounts))], Note: key, Resources: []usher.Resource{frontDoor}}
	actor, ops := drawBatch(r)
	if r.IntN(2) == 0 {
		actor, ops = host, []op{{kind: setTotal, total: 3 + r.IntN(8)}} // which is rarely rejected
	}
	b.Actor, b.Commands = actor.actor(), commands(ops)
	if actor == host {
		// Each writer is a part of the host, so that an account remembers the keys of all.
		b.Actor = account.AsHost("host " + strings.Split(key, "-")[1])
	}
	if r.IntN(2) == 0 {
		b.Commands = append(b.Commands, account.SetField{User: names[r.IntN(len(names))], Field: nick, Value: account.Value(key)})
	}
	if r.IntN(4) == 0 {
		b.Note += strings.Repeat("~", 4000) // so that snapshots are written
	}
	return b
}

// runChild runs in the process that is killed.
func runChild(text string) error {
	var w writer
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return err
	}
	began := time.Now()
	h, _, err := w.Place.open(context.Background())
	for ; err != nil; h, _, err = w.Place.open(context.Background()) {
		if time.Since(began) > giveUp {
			return err
		}
		time.Sleep(10 * time.Millisecond) // as long as the database is not there
	}
	if wrap := breaks[w.Break].store; wrap != nil {
		h.store = wrap(h.store)
	}
	e, err := openEngine(h.store, w.CommitTimeout)
	if err != nil {
		return err
	}
	d := target(engineTarget{e})
	if wrap := breaks[w.Break].target; wrap != nil {
		d = wrap(d)
	}
	for i := range crashWriters {
		go w.write(h, d, i)
	}
	fmt.Fprintln(os.Stdout, "begun")
	_, err = io.Copy(io.Discard, os.Stdin) // ends with the parent process
	return errors.Join(err, errors.New("the process was not killed"))
}

// write submits batches, first those of Retry. Before each batch it prints the key, and after it the
// outcome, each as a line in one write.
func (w writer) write(h handle, d target, number int) {
	do := func(key string) {
		fmt.Fprintf(os.Stdout, "asks %s\n", key)
		fmt.Fprintf(os.Stdout, "told %s %v\n", key, w.settle(h, d, key))
	}
	for i, key := range w.Retry {
		if i%crashWriters == number {
			do(key)
		}
	}
	for n := 0; ; n++ {
		do(fmt.Sprintf("%s-%d-%d", w.Keys, number, n))
	}
}

// settle submits a batch until its outcome is known, every other one in transactions of a host.
func (w writer) settle(h handle, d target, key string) outcome {
	began := time.Now()
	maybe := slices.Contains(w.Retry, key)
	var failure error
	for {
		end := noTx
		if h.begin != nil && rand.IntN(2) == 0 {
			if end = committed; rand.IntN(4) == 0 {
				end = rolledBack
			}
		}
		a := h.submit(context.Background(), d, end, 0, crashBatch(key))
		o := outcomeOf(a)
		switch a.result {
		case done, idle, refused, reused:
			return o
		case repeated:
			if !maybe {
				o.word = fmt.Sprintf("repeated:%q", fmt.Sprint("which a try stored that failed: ", failure))
			}
			return o
		case unknown:
			maybe = true
			fmt.Fprintln(os.Stdout, "seen unknown outcomes")
		default:
			if errors.Is(a.err, errRolledBack) {
				fmt.Fprintln(os.Stdout, "seen transactions rolled back")
				continue
			}
			fmt.Fprintln(os.Stdout, "seen failed tries")
			failure = fmt.Errorf("%s: %w", txEndTexts[end], a.err)
		}
		if time.Since(began) > giveUp {
			return o
		}
		time.Sleep(rand.N(100 * time.Millisecond)) // as long as the database is not there
	}
}

// outcome is the result of a batch: a word, and for a commit its version and id.
type outcome struct {
	word    string
	version uint64
	commit  string
}

func (o outcome) String() string {
	if o.commit == "" {
		return o.word
	}
	return fmt.Sprintf("%s %d %s", o.word, o.version, o.commit)
}

func outcomeOf(a *answer) outcome {
	o := outcome{word: a.result.String()}
	switch a.result {
	case done, repeated:
		o.version, o.commit = a.version, a.commit
	case failed, unknown:
		o.word = fmt.Sprintf("%v:%q", a.result, a.err)
	}
	return o
}
