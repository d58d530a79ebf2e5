package policytest_test

import (
	"testing"

	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/usherfiles"
)

const conformance = "../testdata/conformance/"

// The presets decide as the documentation of their products states.
func TestConformance(t *testing.T) {
	usherfiles.Run(t, conformance+"*.yaml")
}

// Every rule of a preset is reached by the test files of its product
// together.
func TestConformanceCovers(t *testing.T) {
	for _, name := range preset.Names() {
		t.Run(name, func(t *testing.T) {
			usherfiles.Runner{Policy: name, Cover: true}.Run(t, conformance+name+"*.yaml")
		})
	}
}
