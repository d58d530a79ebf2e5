package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// user is a new user of usher: an empty folder for each attempt, an empty module cache, and no
// workspace.
type user struct {
	home string // a temporary folder with everything that the user makes
	env  []string
	out  io.Writer
}

// newUser returns a user whose go command gets all modules from a proxy. The build cache is that
// of the environment, because what it has does not depend on where modules come from.
func newUser(home, proxyURL, buildCache string, out io.Writer) user {
	env := map[string]string{
		"GOENV": "off", "GOWORK": "off", "GOTOOLCHAIN": "local",
		"GOFLAGS": "-trimpath -modcacherw", // so that the build cache serves the next run too
		"GOPATH":  filepath.Join(home, "go"), "GOMODCACHE": filepath.Join(home, "go/pkg/mod"), "GOBIN": filepath.Join(home, "bin"),
		"GOCACHE": buildCache, "GOPROXY": proxyURL,
		"GOPRIVATE": "", "GONOPROXY": "", "GONOSUMDB": "", // or own modules would bypass the proxy
		"GOSUMDB": "off", // no server knows an unpublished version, and the user's cache is verified
	}
	u := user{home: home, out: out, env: os.Environ()}
	for name, value := range maps.All(env) {
		u.env = append(u.env, name+"="+value)
	}
	return u
}

// folder makes an empty folder.
func (u user) folder() (string, error) { return os.MkdirTemp(u.home, "app") }

// run runs a command in a folder and reports it. The error has the output of the command.
func (u user) run(dir, name string, args ...string) error {
	start := time.Now()
	line := strings.Join(append([]string{filepath.Base(name)}, args...), " ")
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, u.env
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", line, err, out)
	}
	fmt.Fprintf(u.out, "ok %5.1fs  %s\n", time.Since(start).Seconds(), line)
	return nil
}
