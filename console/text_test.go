package console

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy/syntax"
)

// usedKey finds the keys of texts in templates and code.
var usedKey = regexp.MustCompile(`(?:\b[TN]|plain|html|countKey)\(?\s*"([a-z][a-z0-9.-]*)"|(?:Key|Label): "([a-z.-]+)"`)

// quoted finds what can be a key.
var quoted = regexp.MustCompile(`"([a-z-]+\.[a-z.-]+)"`)

// derivedKeys returns the keys that code composes.
func derivedKeys() (keys []string) {
	add := func(prefix string, names ...string) {
		for _, n := range names {
			keys = append(keys, prefix+n)
		}
	}
	add("refused.", account.Codes()...)
	add("why.", usher.Reasons()...)
	for _, name := range stepNames {
		add("step.", name)
	}
	for _, reason := range usher.Reasons() {
		if reason != "granted" {
			add("reason.", reason)
		}
	}
	add("status.", usher.Active.String(), usher.Invited.String(), usher.Inactive.String(), usher.Requested.String())
	add("flag.", "on", "off")
	add("requests.is.", "approved", "declined", "ended")
	for s := range syntax.ScopeHere + 1 {
		add("scope.", s.String())
	}
	for _, name := range account.ChangeNames() {
		if name != "scheduled" { // it has a text for each command
			add("change.", name)
		}
	}
	for _, c := range account.Commands() {
		add("command.", c.Name)
	}
	add("change.account-created.", "without-owner")
	add("change.role-on-given.", "team")
	add("change.role-on-taken.", "team")
	for _, c := range account.Commands() {
		if c.Schedulable {
			add("change.scheduled.", c.Name)
			if strings.HasSuffix(c.Name, "-role-on") {
				add("change.scheduled.", c.Name+".team")
			}
		}
	}
	for _, k := range kinds {
		add("kind.", k.Name)
	}
	add("problem.", "400", "401", "403", "404", "405", "413", "500", "503")
	add("person.set-status.", "active", "inactive")
	add("people.", "team", "role") // labels of choices
	add("team.", "role", "move.label")
	add("settings.turn.", "on", "off", "on.do", "off.do")
	for _, t := range fieldTypes {
		add("fields.type.", t.String())
	}
	for _, p := range pages {
		add(p.Path, ".title")
		for _, a := range p.Actions {
			add(p.Path+"."+a.Name, "", ".done")
		}
	}
	for _, page := range []string{"locked", "problem", "confirm"} {
		add(page, ".title")
	}
	return append(keys, "reason.out-of-scope.named", "reason.no-permission.named", "change.account-created.without-owner",
		"change.role-on-given.team", "change.role-on-taken.team", "command.give-role-on.team", "command.take-role-on.team")
}

// Each key that code and templates use has a text, each text is used, and each language has
// each text, with the placeholders of the English one.
func TestTexts(t *testing.T) {
	all, err := included()
	require.NoError(t, err)
	base := all[english].texts
	used := map[string]bool{}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	more, err := filepath.Glob("templates/*.html")
	require.NoError(t, err)
	for _, name := range append(files, more...) {
		if strings.HasSuffix(name, "_test.go") || name == "doc.go" {
			continue
		}
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, m := range quoted.FindAllStringSubmatch(string(data), -1) {
			used[m[1]] = true // such as the label of a choice
		}
		for _, m := range usedKey.FindAllStringSubmatch(string(data), -1) {
			key := m[1] + m[2]
			for _, k := range []string{key, key + ".one", key + ".other"} {
				if _, ok := base[k]; ok {
					used[k] = true
				}
			}
			if _, ok := base[key]; !ok && !strings.HasSuffix(key, ".") && !used[key+".one"] {
				t.Errorf("%s uses the key %q, which has no text", name, key)
			}
		}
	}
	for _, key := range derivedKeys() {
		used[key] = true
		if base[key] == "" {
			t.Errorf("the key %q has no text", key)
		}
	}
	for key := range base {
		assert.True(t, used[key], "the text %q is not used", key)
	}
	for tag, l := range all {
		assert.Empty(t, diff(base, l.texts), "missing in %s", tag)
		assert.Empty(t, diff(l.texts, base), "unknown in %s", tag)
		for key, text := range l.texts {
			want, got := placeholders(base[key]), placeholders(text)
			slices.Sort(want)
			slices.Sort(got)
			assert.Equal(t, slices.Compact(want), slices.Compact(got), "placeholders of %s in %s", key, tag)
			same := tag != english && text == base[key] && strings.ContainsAny(text, "abcdefghijklmnopqrstuvwxyz") && len(placeholders(text)) == 0
			assert.False(t, same && !slices.Contains(international, key), "%s is not translated: %s", tag, key)
		}
	}
}

// international are texts that other languages share with English.
var international = []string{
	"people.name", "people.team", "people.teams", "people.status", "person.title", "kind.teams", "team.title", "teams.in", "teams.title",
	"fields.name", "fields.type.text",
}

func diff(a, b map[string]string) (list []string) {
	for _, key := range slices.Sorted(maps.Keys(a)) {
		if _, ok := b[key]; !ok {
			list = append(list, key)
		}
	}
	return list
}

func TestOwnTexts(t *testing.T) {
	l, err := languages(map[string]map[string]string{"pt-BR": {"people.title": "Pessoas"}, "en": {"people.title": "Team"}})
	require.NoError(t, err)
	assert.Equal(t, "Pessoas", l["pt-br"].plain("people.title"))
	assert.Equal(t, "Search", l["pt-br"].plain("people.search"), "a missing text is English")
	assert.Equal(t, "Team", l["en"].plain("people.title"))
	_, err = languages(map[string]map[string]string{"en": {"people.titel": "x"}})
	assert.ErrorContains(t, err, `did you mean "people.title"`)
	_, err = languages(map[string]map[string]string{"en": {"people.title": "x {n}"}})
	assert.ErrorContains(t, err, "{n}")
}

// Values are escaped and isolated, and a value is never read as a text.
func TestPlaceholders(t *testing.T) {
	l := &language{english, map[string]string{"k": "<a> {x} and {y}{z}"}}
	assert.Equal(t, `&lt;a&gt; <bdi>&lt;b&gt;{y}</bdi> and <bdi>1</bdi><bdi>{z}</bdi>`, string(l.html("k", "x", "<b>{y}", "y", 1)))
	assert.Equal(t, "<a> <b>{y} and 1{z}", l.plain("k", "x", "<b>{y}", "y", 1))
	assert.Equal(t, "none", l.plain("none"))
}

func TestParseTexts(t *testing.T) {
	for _, wrong := range []string{"a", "a = b\na = c", " = "} {
		_, err := parseTexts(wrong)
		assert.Error(t, err, wrong)
	}
}

func TestAcceptedLanguages(t *testing.T) {
	assert.Equal(t, []string{"de-ch", "en", "fr"}, acceptedLanguages("fr;q=0.2, en ;q=0.8,de-CH, es;q=0, it;q=x"))
}
