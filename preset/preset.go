// Package preset holds the policies of known scheduling products. It answers what
// a policy file looks like for a product whose roles are documented: a host asks
// one as it stands, or copies its [Source] and changes it.
package preset

import (
	"embed"
	"strings"
	"sync"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
)

const extension = ".yaml"

//go:embed *.yaml
var files embed.FS

// Names returns the names of all presets, sorted.
func Names() []string {
	entries, _ := files.ReadDir(".") // the directory itself is always there
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), extension)
	}
	return names
}

// Source returns the preset's policy file, which the caller may change.
func Source(name string) ([]byte, bool) {
	src, err := files.ReadFile(name + extension)
	return src, err == nil
}

// Load returns the preset's policy, the same one on every call. Messages name its
// file as the preset with the ending .yaml. A name that is none is an error.
func Load(name string) (*policy.Policy, error) {
	load, ok := compiled[name]
	if !ok {
		names := Names()
		return nil, printable.Errorf("unknown preset %q%s (%s)", name, suggest.DidYouMean(name, names), strings.Join(names, ", "))
	}
	return load()
}

// compiled has a function for each preset, which compiles it when it is first
// called.
var compiled = func() map[string]func() (*policy.Policy, error) {
	m := map[string]func() (*policy.Policy, error){}
	for _, name := range Names() {
		m[name] = sync.OnceValues(func() (*policy.Policy, error) {
			src, _ := Source(name)
			return policyfile.Load(name+extension, src)
		})
	}
	return m
}()
