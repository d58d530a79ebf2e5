package console_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/console"
)

type schema = map[string]any

// The OpenAPI document has every page and action, and every response fits it.
func TestOpenAPI(t *testing.T) {
	w := newWorld(t, "oncehub")
	rec := w.get(viewer{}, "/openapi.json")
	require.Equal(t, 200, rec.Code)
	var doc schema
	require.NoError(t, json.Unmarshal([]byte(body(rec)), &doc))
	assert.Equal(t, "3.1.0", doc["openapi"])
	assert.Less(t, rec.Body.Len(), 200_000, "schemas that operations share are in it once")
	paths := doc["paths"].(schema)
	count := 0
	for _, p := range console.Pages() {
		get := paths["/"+p.Path].(schema)["get"].(schema)
		for _, preset := range []string{"oncehub", "calcom", "staffdirectory", "office"} {
			w := newWorld(t, preset)
			for _, by := range kinds[preset] {
				for _, at := range w.addresses(p) {
					u, err := url.Parse(at)
					require.NoError(t, err)
					query := u.Query()
					query.Set("format", "json")
					query.Set("ask", "user.create")
					rec := w.get(by, u.Path+"?"+query.Encode())
					fits(t, doc, get, rec.Code, body(rec))
				}
			}
		}
		for _, a := range p.Actions {
			post := paths["/"+a.Path].(schema)["post"].(schema)
			properties := post["requestBody"].(schema)["content"].(schema)["application/json"].(schema)["schema"].(schema)["properties"].(schema)
			for _, name := range append([]string{"version", "confirmed", "typed", "back"}, a.Inputs...) {
				assert.Contains(t, properties, name)
			}
			w := newWorld(t, "oncehub")
			for _, form := range []string{`{}`, `{"user": ["mia"], "id": "mia", "role": "admin", "status": "inactive", "pool": "booking", "held": "booking", "team": "sales", "grant": "chatbots", "field": "phone", "value": "1"}`} {
				rec := w.send(adam, "POST", "/"+a.Path, form)
				fits(t, doc, post, rec.Code, body(rec))
			}
			count++
		}
	}
	assert.Len(t, paths, count+len(console.Pages()))
}

// fits compares a response with the schema of an operation.
func fits(t *testing.T, doc, operation schema, status int, text string) {
	t.Helper()
	responses := operation["responses"].(schema)
	content, kind := responses["200"].(schema)["content"].(schema), "application/json"
	if status != 200 {
		content, kind = responses["default"].(schema)["content"].(schema), "application/problem+json"
	}
	var value any
	require.NoError(t, json.Unmarshal([]byte(text), &value))
	s := content[kind].(schema)["schema"].(schema)
	if ref, ok := s["$ref"].(string); ok {
		name, found := strings.CutPrefix(ref, "#/components/schemas/")
		require.True(t, found, ref)
		s = doc["components"].(schema)["schemas"].(schema)[name].(schema)
	}
	assert.NoError(t, check(s, value, "response"), text)
}

// check is a small validator for the schemas that the document contains. Unlike JSON Schema, it
// rejects properties that are not described.
func check(s schema, v any, at string) error {
	if options, ok := s["oneOf"].([]any); ok {
		var err error
		for _, o := range options {
			if err = check(o.(schema), v, at); err == nil {
				return nil
			}
		}
		return err
	}
	switch s["type"] {
	case "object":
		m, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: want an object, got %T", at, v)
		}
		required, _ := s["required"].([]any)
		for _, name := range required {
			if _, ok := m[name.(string)]; !ok {
				return fmt.Errorf("%s lacks %s", at, name)
			}
		}
		properties, _ := s["properties"].(schema)
		additional, _ := s["additionalProperties"].(schema)
		for name, value := range m {
			of, ok := properties[name].(schema)
			if !ok {
				of = additional
			}
			if of == nil {
				return fmt.Errorf("%s has the unknown property %s", at, name)
			}
			if err := check(of, value, at+"."+name); err != nil {
				return err
			}
		}
		return nil
	case "array":
		list, ok := v.([]any)
		if !ok {
			return fmt.Errorf("%s: want a list, got %T", at, v)
		}
		for i, value := range list {
			if err := check(s["items"].(schema), value, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
		return nil
	}
	want := map[any]string{"string": "string", "integer": "float64", "boolean": "bool"}[s["type"]]
	if got := fmt.Sprintf("%T", v); !slices.Contains([]string{want}, got) {
		return fmt.Errorf("%s: want %s, got %s", at, want, got)
	}
	return nil
}
