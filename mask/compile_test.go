package mask_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher/mask"
)

type Inner struct {
	Secret string `usher:"secret"`
}

type inner struct {
	Secret string `usher:"secret"`
}

type Chain struct {
	Name string `usher:"name"`
	Next *Chain
}

type Left struct {
	Name  string `usher:"name"`
	Right *Right
}

type Right struct{ Left *Left }

type Plain struct {
	Next *Plain
	At   time.Time
	Tags map[string][]string
}

func refused[T any](instead mask.Placeholders) func() error {
	return func() error {
		_, err := mask.For[T](instead)
		return err
	}
}

// A type in which a tagged field could be missed is rejected.
func TestForRefuses(t *testing.T) {
	rows := map[string]struct {
		refused func() error
		want    string
	}{
		"no tag":       {refused[Plain](nil), "type that cannot be masked: mask_test.Plain: no field has a tag, such as `usher:\"title\"`"},
		"no struct":    {refused[int](nil), "no field has a tag"},
		"an interface": {refused[any](nil), "the contents of a interface {} are unknown"},
		"an unexported field": {refused[struct {
			secret string `usher:"secret"`
		}](nil), ".secret: an unexported field cannot be masked"},
		"a tag below an unexported field": {refused[struct {
			Inner
			deep []map[string]*Inner
		}](nil), ".deep: an unexported field cannot be masked"},
		"a tag two structs below an unexported field": {refused[struct {
			Inner
			deep struct{ In Inner }
		}](nil), ".deep: an unexported field cannot be masked"},
		"an embedded pointer to an unexported type": {refused[struct {
			Inner
			*inner
		}](nil), ".inner: an unexported field cannot be masked"},
		"an unexported embedded field with a tag": {refused[struct {
			inner `usher:"inner"`
		}](nil), ".inner: an unexported field cannot be masked"},
		"an interface without a tag": {refused[struct {
			Inner
			Extra any
		}](nil), ".Extra: the contents of a interface {} are unknown; put a tag on it, or `usher:\"-\"` if it has nothing to hide"},
		"a map of anything": {refused[struct {
			Inner
			Extra map[string][]any
		}](nil), ".Extra: the contents of"},
		"an error": {refused[struct {
			Inner
			Err error
		}](nil), ".Err: the contents of"},
		"a function": {refused[struct {
			Inner
			F func() string
		}](nil), ".F: the contents of"},
		"a channel": {refused[struct {
			Inner
			C chan Inner
		}](nil), ".C: the contents of"},
		"tags in keys": {refused[struct {
			Inner
			M map[Inner]string
		}](nil), ".M: the keys of a map cannot be masked"},
		"a type that contains itself":       {refused[Chain](nil), "the type mask_test.Chain contains itself; put `usher:\"-\"` on the recursive field, and mask its value separately"},
		"two types that contain each other": {refused[Left](nil), "mask_test.Left contains itself"},
		"and the other way round":           {refused[Right](nil), "mask_test.Right contains itself"},
		"such a type, tagged": {refused[struct {
			Chain *Chain `usher:"chain"`
		}](nil), "mask_test.Chain contains itself"},
		"an empty tag": {refused[struct {
			A string `usher:""`
		}](nil), `.A: "" in its tag is not a field name`},
		"a tag with a blank": {refused[struct {
			A string `usher:"title, location"`
		}](nil), `" location" in its tag is not a field name`},
		"a capital": {refused[struct {
			A string `usher:"Title"`
		}](nil), `"Title" in its tag is not a field name`},
	}
	for name, row := range rows {
		err := row.refused()
		assert.ErrorIs(t, err, mask.ErrType, name)
		assert.ErrorContains(t, err, row.want, name)
	}
}

func TestForRefusesPlaceholders(t *testing.T) {
	err := refused[Inner](mask.Placeholders{"secrte": "x"})()
	assert.EqualError(t, err, `wrong placeholder: "secrte": no tag of mask_test.Inner starts with this name`)
	err = refused[Inner](mask.Placeholders{"secret": 7})()
	assert.EqualError(t, err, `wrong placeholder: "secret": mask_test.Inner.Secret has type string, but the placeholder has type int`)
	assert.ErrorIs(t, err, mask.ErrPlaceholder)
	err = refused[struct {
		Tags []string `usher:"tags"`
	}](mask.Placeholders{"tags": []int{1}})()
	assert.ErrorIs(t, err, mask.ErrPlaceholder, "both are slices, which are not converted")
	assert.ErrorContains(t, err, "has type []string, but the placeholder has type []int")
	assert.Panics(t, func() { mask.MustFor[Inner](mask.Placeholders{"secret": 7}) })
}

func TestForAccepts(t *testing.T) {
	for name, refused := range map[string]func() error{
		"plain types beside tags": refused[struct {
			Inner
			P Plain
			T *time.Time
		}](nil),
		"an embedded unexported struct": refused[struct{ inner }](nil),
		"a function that nobody looks at": refused[struct {
			Inner
			F func() `usher:"-"`
		}](nil),
		"an interface with a tag": refused[struct {
			F any `usher:"f"`
		}](nil),
		"unexported without tags": refused[struct {
			Inner
			x any
			y func()
		}](nil),
		"a tag below an unexported field that is cut": refused[struct {
			Inner
			x struct {
				In Inner `usher:"-"`
			}
		}](nil),
		"a way back that is cut": refused[struct {
			Name string `usher:"name"`
			Up   *Chain `usher:"-"`
		}](nil),
		"the same type twice": refused[struct {
			A, B Inner
			C    []Inner
		}](nil),
	} {
		assert.NoError(t, refused(), name)
	}
}
