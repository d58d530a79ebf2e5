// Package preset has ready-made policies of known scheduling products, of a clinic and of a
// workspace. They show how a policy file describes documented roles. A host application uses one unchanged, or copies its
// [Source] and changes the copy.
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
	entries, _ := files.ReadDir(".") // the embedded directory always exists
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), extension)
	}
	return names
}

// Source returns a copy of the preset's policy file; ok is false for an unknown name.
func Source(name string) (src []byte, ok bool) {
	src, err := files.ReadFile(name + extension)
	return src, err == nil
}

// Load returns the preset's policy, the same *policy.Policy on every call. Messages name its
// file NAME.yaml. The error lists the presets if the name is unknown.
func Load(name string) (*policy.Policy, error) {
	load, ok := compiled[name]
	if !ok {
		names := Names()
		return nil, printable.Errorf("unknown preset %q%s (%s)", name, suggest.DidYouMean(name, names), strings.Join(names, ", "))
	}
	return load()
}

// compiled has a function for each preset, which compiles the preset on the first call and
// caches the result.
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
