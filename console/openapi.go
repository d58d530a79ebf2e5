package console

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/usher-go/usher/internal/printable"
)

// openAPIPath is the path of the OpenAPI document.
const openAPIPath = "openapi.json"

// openAPI is the document, derived from the list of pages.
var openAPI = sync.OnceValue(func() []byte {
	data, _ := json.Marshal(openAPIDocument()) // maps, lists and texts
	return append(printable.JSON(data), '\n')
})

func (c *Console) serveOpenAPI(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Use GET.", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.Method != http.MethodHead {
		_, _ = w.Write(openAPI()) // the client may have disconnected
	}
}

type object = map[string]any

func openAPIDocument() object {
	paths := object{}
	for _, p := range pages {
		read := operation("Returns the page "+p.Path+" as the viewer may see it.", parameters(p.Params), nil, documentSchema(schemaOf(reflect.TypeOf(p.Model))))
		addFormats(read, p.Formats)
		paths["/"+p.Path] = object{"get": read}
		for _, a := range p.Actions {
			body := object{"required": true, "content": object{
				"application/json":                  object{"schema": formSchema(a.Inputs)},
				"application/x-www-form-urlencoded": object{"schema": formSchema(a.Inputs)},
			}}
			paths["/"+p.Path+"/"+a.Name] = object{"post": operation("Makes the change, or returns its effects if it must be confirmed.", nil, body, reference("change"))}
		}
	}
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": "usher console", "version": "1",
			"description": "The pages of the console as JSON. Paths are relative to where the console is mounted. Send Accept: application/json, or format=json in the query.",
		},
		"paths": paths,
		"components": object{"schemas": object{
			"change":  documentSchema(object{"oneOf": []any{schemaOf(reflect.TypeFor[outcome]()), schemaOf(reflect.TypeFor[confirmation]())}}),
			"problem": problemSchema(),
		}},
	}
}

// reference refers to a schema that all operations share.
func reference(name string) object { return object{"$ref": "#/components/schemas/" + name} }

func operation(summary string, parameters []any, body, result object) object {
	problem := object{"description": "A problem document (RFC 9457).", "content": object{"application/problem+json": object{"schema": reference("problem")}}}
	op := object{"summary": summary, "responses": object{
		"200":     object{"description": "OK", "content": object{"application/json": object{"schema": result}}},
		"default": problem,
	}}
	if len(parameters) > 0 {
		op["parameters"] = parameters
	}
	if body != nil {
		op["requestBody"] = body
	}
	return op
}

// addFormats adds the further formats of a page to its operation.
func addFormats(read object, formats []format) {
	if len(formats) == 0 {
		return
	}
	names := []any{"json"}
	content := read["responses"].(object)["200"].(object)["content"].(object)
	for _, f := range formats {
		names = append(names, f.Name)
		if kind, _, _ := strings.Cut(f.Type, ";"); content[kind] == nil {
			content[kind] = object{"schema": object{"type": "string"}}
		}
	}
	list, _ := read["parameters"].([]any)
	read["parameters"] = append(list, object{
		"name": "format", "in": "query", "required": false, "schema": object{"type": "string", "enum": names},
		"description": "All but json are files with every row that the other parameters select.",
	})
}

func parameters(inputs []input) (list []any) {
	for _, i := range inputs {
		list = append(list, object{"name": i.Name, "in": "query", "required": i.Must, "schema": object{"type": "string"}, "description": i.Kind})
	}
	return list
}

// formSchema returns the schema of the form of an action.
func formSchema(inputs []input) object {
	properties, required := object{}, []any{}
	for _, i := range append(append([]input(nil), inputs...), ownFields...) {
		schema := object{"type": []any{"string", "number", "boolean"}, "description": i.Kind}
		if i.Many {
			schema = object{"type": "array", "items": object{"type": "string"}, "description": i.Kind}
		}
		properties[i.Name] = schema
		if i.Must {
			required = append(required, i.Name)
		}
	}
	return object{"type": "object", "properties": properties, "required": required}
}

func documentSchema(data object) object {
	return object{"type": "object", "required": []any{"version", "data"}, "properties": object{"version": object{"type": "integer"}, "data": data}}
}

func problemSchema() object {
	text := object{"type": "string"}
	return object{"type": "object", "required": []any{"type", "title", "status"}, "properties": object{
		"type": text, "title": text, "status": object{"type": "integer"}, "detail": text, "permission": text, "reason": text,
		"unmet": object{"type": "array", "items": text}, "field": text,
		"lines": schemaOf(reflect.TypeFor[[]refusedLine]()), "changed": schemaOf(reflect.TypeFor[conflict]()),
	}}
}

// schemaOf returns the JSON Schema of a type as encoding/json writes it.
func schemaOf(t reflect.Type) object {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case t.Implements(textMarshaler):
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.Slice:
		return object{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.Struct:
		s := object{"type": "object", "properties": object{}, "required": []any{}}
		addFields(s, t)
		return s
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Uint64, reflect.Uint8:
		return object{"type": "integer"}
	}
	return object{"type": "string"}
}

// addFields adds the fields of a struct to a schema, with those of embedded structs.
func addFields(s object, t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			addFields(s, f.Type)
			continue
		case !f.IsExported() || name == "-":
			continue
		case name == "":
			name = f.Name
		}
		s["properties"].(object)[name] = schemaOf(f.Type)
		if !strings.Contains(options, "omit") {
			s["required"] = append(s["required"].([]any), name)
		}
	}
}

var textMarshaler = reflect.TypeFor[interface{ MarshalText() ([]byte, error) }]()
