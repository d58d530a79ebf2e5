package policytest_test

import (
	"testing"

	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/usherfiles"
)

const conformance = "../testdata/conformance/"

// The presets keep what the documentation of their products promises.
func TestConformance(t *testing.T) {
	usherfiles.Run(t, conformance+"*.yaml")
}

// No rule of a preset is there for nothing: together, the files of its product reach
// them all.
func TestConformanceCovers(t *testing.T) {
	for _, name := range preset.Names() {
		t.Run(name, func(t *testing.T) {
			usherfiles.Runner{Policy: name, Cover: true}.Run(t, conformance+name+"*.yaml")
		})
	}
}
