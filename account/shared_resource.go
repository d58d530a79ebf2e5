package account

import (
	"errors"
	"reflect"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/strictjson"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

// shares returns the requirement to give and take roles on a resource.
func (q *proposing) shares(on usher.Ref) requirement {
	name, ok := SharePermission(q.policy, on.Type)
	if _, text := q.noType(on.Type); !ok && text != "" {
		return requirement{hostOnly: text}
	}
	if !ok {
		return requirement{hostOnly: printable.Sprintf("only the host can give and take roles that are held on %s, because the policy has no permission %[1]s.share", on.Type)}
	}
	return needs(name, parties{resource: &on})
}

// noType returns the code and the text of the refusal of a command on a type of resource that the
// policy does not declare, and zero values if it declares the type.
func (q *proposing) noType(resourceType string) (Code, string) {
	var types []string
	if q.policy != nil {
		types = q.policy.Resources()
	}
	switch {
	case resourceType == "":
		return CodeInvalid, "On names no resource; set its Type and ID"
	case !slices.Contains(types, resourceType):
		return CodeUnknownRole, printable.Sprintf("%s declares no resource %q%s", q.policyName(), resourceType, suggest.DidYouMean(resourceType, types))
	}
	return 0, ""
}

// SharePermission returns the permission that a user needs to give and take roles on resources of a
// type, such as calendar.share, and whether the policy has it. If not, only the host application can
// give and take them.
func SharePermission(p *policy.Policy, resourceType string) (permission.Permission, bool) {
	if p == nil {
		return permission.Permission{}, false
	}
	name, err := p.Permission(resourceType + ".share")
	if _, bundle := p.Bundle(name); err != nil || bundle {
		return permission.Permission{}, false
	}
	return name, true
}

// resource returns a resource of the proposal, nil if it has none with the type and the id.
func (q *proposing) resource(on usher.Ref) usher.Resource {
	for _, r := range q.resources {
		if r.Ref() == on {
			return r
		}
	}
	return nil
}

// checkResources returns an error unless the resources differ in type or id, and none is nil.
func (p Proposal) checkResources() error {
	if len(p.Resources) > MaxCommands {
		return printable.Errorf("a batch can have at most %d resources, and this one has %d", MaxCommands, len(p.Resources))
	}
	seen := make(map[usher.Ref]bool, len(p.Resources))
	for _, r := range p.Resources {
		switch {
		case r == nil:
			return errors.New("a resource of the batch is nil")
		case seen[r.Ref()]:
			return printable.Errorf("the batch has the resource %s twice", ref(r.Ref()))
		}
		seen[r.Ref()] = true
	}
	return nil
}

func writeRef(w *strictjson.Writer, key string, v reflect.Value) {
	on := v.Interface().(usher.Ref)
	w.Key(key)
	w.Raw("{")
	w.String("type", on.Type)
	w.String("id", on.ID)
	w.Raw("}")
}

var refKeys = strictjson.NewKeys("type", "id")

func readRef(r *strictjson.Reader, v reflect.Value) {
	var on usher.Ref
	r.Open('{')
	for o := refKeys.Read(r); o.Next(); {
		switch o.Key() {
		case "type":
			on.Type = r.String()
		case "id":
			on.ID = r.String()
		}
	}
	v.Set(reflect.ValueOf(on))
}

// ref returns a resource in words: "calendar c1".
func ref(on usher.Ref) string { return word(on.Type) + " " + word(on.ID) }
