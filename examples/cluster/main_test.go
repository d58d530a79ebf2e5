package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
)

// The test binary is also the program, and the program of the instances.
func TestMain(m *testing.M) {
	if os.Getenv(instanceEnv) != "" || os.Getenv(programEnv) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestCluster(t *testing.T) {
	var out bytes.Buffer
	if err := run(context.Background(), []string{"-faults", "2", "-for", "10m", "-each", "500ms", "-seed", "3"}, &out, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{"kill -9 the leader", "commits acknowledged", "of these lost, or replaced by another              0", "of these on knowledge older than 2s                0"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output does not have %q:\n%s", want, out.String())
		}
	}
	t.Log(out.String())
}
