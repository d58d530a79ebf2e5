package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// kind is a kind of fault. Begin makes a server or an instance fail, and returns what ends the fault
// while ctx lasts.
type kind struct {
	name  string
	begin func(ctx context.Context, t *topology, leader, other int) (end func() error, err error)
}

var kinds = []kind{
	{"kill -9 the leader", func(_ context.Context, t *topology, leader, _ int) (func() error, error) {
		s := t.servers.Servers[leader]
		return s.Start, s.Kill()
	}},
	{"kill -9 a follower", func(_ context.Context, t *topology, _, other int) (func() error, error) {
		s := t.servers.Servers[other]
		return s.Start, s.Kill()
	}},
	{"SIGSTOP the leader", func(_ context.Context, t *topology, leader, _ int) (func() error, error) {
		s := t.servers.Servers[leader]
		return s.Resume, s.Pause()
	}},
	{"SIGSTOP a follower", func(_ context.Context, t *topology, _, other int) (func() error, error) {
		s := t.servers.Servers[other]
		return s.Resume, s.Pause()
	}},
	{"SIGTERM the leader", func(_ context.Context, t *topology, leader, _ int) (func() error, error) {
		s := t.servers.Servers[leader]
		return s.Start, s.Term()
	}},
	{"cut the leader off", func(_ context.Context, t *topology, leader, _ int) (func() error, error) {
		s := t.servers.Servers[leader]
		s.Cut()
		return func() error { s.Heal(); return nil }, nil
	}},
	{"kill -9 an instance", func(ctx context.Context, t *topology, _, other int) (func() error, error) {
		p := t.instances[other]
		p.kill()
		return func() error { return p.start(ctx) }, nil
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
// have all data, and prints how long it was felt. At the end of ctx it only ends the fault, before the
// end of late.
func (t *topology) fault(ctx, late context.Context, load *load, k kind, lasts time.Duration, stdout io.Writer) error {
	leader, err := t.leader(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%-24s", k.name)
	defer fmt.Fprintln(stdout)
	load.watch()
	begun := time.Now()
	end, err := k.begin(late, t, leader, (leader+1+rand.IntN(2))%3)
	if err != nil {
		return fmt.Errorf("%s: %w", k.name, err)
	}
	pause(ctx, lasts)
	lasted := time.Since(begun)
	if err := end(); err != nil {
		return fmt.Errorf("end of %s: %w", k.name, err)
	}
	if err := load.recovered(ctx, 2*time.Minute); err != nil {
		return fmt.Errorf("after %s: %w", k.name, err)
	}
	fmt.Fprintf(stdout, " %7.1fs   %.1fs", lasted.Seconds(), load.longest().Seconds())
	return t.ready(ctx)
}
