// Package ceilingproof_test proves the ceiling by decisions alone: users cannot give more than they
// have, and cannot take from users who outrank them. It knows nothing of reaches or of how rules are
// compared. It sends commands to small accounts, evaluates the policy before and after, and where more
// is allowed or shown to a user than before, it evaluates the policy again with the actor in that user's
// place.
package ceilingproof_test
