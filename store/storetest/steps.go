package storetest

import "sync"

// steps counts the calls that some writers begin, so that readers which would find nothing new wait
// instead of reading again. A writer steps before each call, so that readers read during it.
type steps struct {
	mu      sync.Mutex
	stepped sync.Cond
	n       int
	writers int
}

func newSteps(writers int) *steps {
	s := &steps{writers: writers}
	s.stepped.L = &s.mu
	return s
}

func (s *steps) step() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	s.stepped.Broadcast()
}

// end ends a writer.
func (s *steps) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writers--
	s.stepped.Broadcast()
}

// after waits until there were more than n steps, or until all writers have ended. It returns the
// number of steps.
func (s *steps) after(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.n <= n && s.writers > 0 {
		s.stepped.Wait()
	}
	return s.n
}
