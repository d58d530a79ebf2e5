package account

import "reflect"

// commandNames and changeNames contain the name of each type in the lists.
var commandNames, changeNames = namesOf(commands), namesOf(changes)

func namesOf[T any](values []T) map[reflect.Type]string {
	names := make(map[reflect.Type]string, len(values))
	for _, v := range values {
		t := reflect.TypeOf(v)
		names[t] = kebab(t.Name())
	}
	return names
}

func nameOf(names map[reflect.Type]string, v any) string {
	t := reflect.TypeOf(v)
	if t == nil {
		return ""
	}
	if name, ok := names[t]; ok {
		return name
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return kebab(t.Name())
}
