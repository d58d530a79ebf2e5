package engineproof_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/store/boltstore"
)

// crashAccounts are the accounts to which all writers of the killed process write.
var crashAccounts = []usher.AccountID{"acme", "bravo", "corso", "delta"}

const (
	crashWriters = 6

	// nick is a custom field. Its last value is the key of the batch that set it.
	nick = "nick"
)

// crashBatch returns the batch of an idempotency key. The key alone determines the batch, so that a
// retry needs only the key.
func crashBatch(key string) engine.Batch {
	h := fnv.New64a()
	io.WriteString(h, key)
	r := rand.New(rand.NewPCG(h.Sum64(), 0))
	b := engine.Batch{IdempotencyKey: key, Account: crashAccounts[r.IntN(len(crashAccounts))]}
	actor, ops := drawActor(r), drawOps(r)
	if r.IntN(2) == 0 {
		actor, ops = host, []op{{kind: setTotal, total: 3 + r.IntN(8)}} // which is rarely rejected
	}
	b.Actor, b.Commands = actor.actor(), commands(ops)
	if r.IntN(2) == 0 {
		b.Commands = append(b.Commands, account.SetField{User: names[r.IntN(len(names))], Field: nick, Value: account.Value(key)})
	}
	if r.IntN(4) == 0 {
		b.Note = strings.Repeat("~", 4000) // so that snapshots are written
	}
	return b
}

// openCrash opens a file in the same way as the processes that write to it.
func openCrash(path string) (*boltstore.Store, *engine.Engine, error) {
	s, err := boltstore.Open(path, boltstore.Options{Wait: 10 * time.Second})
	if err != nil {
		return nil, nil, err
	}
	p, err := policyfile.Load("office.yaml", officeText)
	if err != nil {
		return nil, nil, err
	}
	e, err := engine.Open(engine.Options{Policy: p, Store: s, Accounts: len(crashAccounts) - 1})
	return s, e, err
}

// writeUntilKilled runs in the process that is killed. Before each batch it prints the key, and
// after it the outcome, each as a line in one write.
func writeUntilKilled(path, keys string) error {
	_, e, err := openCrash(path)
	if err != nil {
		return err
	}
	for i := range crashWriters {
		go func() {
			for n := 0; ; n++ {
				key := fmt.Sprintf("%s-%d-%d", keys, i, n)
				fmt.Fprintf(os.Stdout, "asks %s\n", key)
				fmt.Fprintf(os.Stdout, "told %s %v\n", key, outcomeOf(e.Submit(context.Background(), crashBatch(key))))
			}
		}()
	}
	fmt.Fprintln(os.Stdout, "begun")
	_, err = io.Copy(io.Discard, os.Stdin) // ends with the parent process
	return errors.Join(err, errors.New("the process was not killed"))
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

func outcomeOf(result engine.Result, err error) outcome {
	a := answerOf(result, err)
	o := outcome{word: a.result.String()}
	switch a.result {
	case done, repeated:
		o.version, o.commit = a.version, a.commit
	case failed, unknown:
		o.word = fmt.Sprintf("%v:%q", a.result, a.err)
	}
	return o
}
