package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// kind is a kind of fault. Begin makes a server or an instance fail, and returns what ends the fault.
type kind struct {
	name  string
	begin func(t *topology, leader, other int) (end func() error, err error)
}

var kinds = []kind{
	{"kill -9 the leader", func(t *topology, leader, _ int) (func() error, error) {
		s := t.servers.Servers[leader]
		return s.Start, s.Kill()
	}},
	{"kill -9 a follower", func(t *topology, _, other int) (func() error, error) {
		s := t.servers.Servers[other]
		return s.Start, s.Kill()
	}},
	{"SIGSTOP the leader", func(t *topology, leader, _ int) (func() error, error) {
		s := t.servers.Servers[leader]
		return s.Resume, s.Pause()
	}},
	{"SIGSTOP a follower", func(t *topology, _, other int) (func() error, error) {
		s := t.servers.Servers[other]
		return s.Resume, s.Pause()
	}},
	{"SIGTERM the leader", func(t *topology, leader, _ int) (func() error, error) {
		s := t.servers.Servers[leader]
		return s.Start, s.Term()
	}},
	{"cut the leader off", func(t *topology, leader, _ int) (func() error, error) {
		s := t.servers.Servers[leader]
		s.Cut()
		return func() error { s.Heal(); return nil }, nil
	}},
	{"kill -9 an instance", func(t *topology, _, other int) (func() error, error) {
		p := t.instances[other]
		p.kill()
		return p.start, nil
	}},
}

// order yields kinds at random, each once before any comes again. The first is a killed leader.
type order struct {
	random *rand.Rand
	left   []int
}

func newOrder(seed uint64) *order {
	o := &order{random: rand.New(rand.NewPCG(seed, 0))}
	o.left = append([]int{0}, o.random.Perm(len(kinds))...)
	return o
}

func (o *order) next() kind {
	if len(o.left) == 0 {
		o.left = o.random.Perm(len(kinds))
	}
	k := kinds[o.left[0]]
	o.left = o.left[1:]
	return k
}

// fault begins a fault, ends it after a time, waits until each instance commits again and all servers
// have all data, and prints how long it was felt.
func (t *topology) fault(ctx context.Context, load *load, k kind, lasts time.Duration, stdout io.Writer) error {
	leader, err := t.leader()
	if err != nil {
		return err
	}
	load.watch()
	begun := time.Now()
	end, err := k.begin(t, leader, (leader+1+rand.IntN(2))%3)
	if err != nil {
		return fmt.Errorf("%s: %w", k.name, err)
	}
	select {
	case <-time.After(lasts):
	case <-ctx.Done():
	}
	lasted := time.Since(begun)
	if err := end(); err != nil {
		return fmt.Errorf("end of %s: %w", k.name, err)
	}
	if err := load.recovered(2 * time.Minute); err != nil {
		return fmt.Errorf("after %s: %w", k.name, err)
	}
	felt := load.longest()
	fmt.Fprintf(stdout, "%-24s %7.1fs   %.1fs\n", k.name, lasted.Seconds(), felt.Seconds())
	return t.servers.Wait(2 * time.Minute)
}
