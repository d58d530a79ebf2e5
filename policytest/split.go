package policytest

// Split returns each test as a Suite of its own: first the checks, then the scenarios, in
// the order of the file. They share the account and the policy of s. For the zero Suite
// it returns nil.
func (s *Suite) Split() []*Suite {
	if s.file == nil {
		return nil
	}
	var tests []*Suite
	for i := range s.checks {
		file, test := *s.file, *s
		file.Checks, file.Scenarios = file.Checks[i:i+1:i+1], nil
		test.file, test.checks = &file, s.checks[i:i+1]
		tests = append(tests, &test)
	}
	for i := range s.file.Scenarios {
		file, test := *s.file, *s
		file.Checks, file.Scenarios = nil, file.Scenarios[i:i+1:i+1]
		test.file, test.checks = &file, nil
		tests = append(tests, &test)
	}
	return tests
}
