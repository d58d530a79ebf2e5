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

// A type in which something could go unseen is refused.
func TestForRefuses(t *testing.T) {
	rows := map[string]struct {
		refused func() error
		want    string
	}{
		"no tag":       {refused[Plain](nil), "type that cannot be masked: mask_test.Plain: no field has a tag, such as `usher:\"title\"`"},
		"no struct":    {refused[int](nil), "no field has a tag"},
		"an interface": {refused[any](nil), "nobody can tell what is in a interface {}"},
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
		}](nil), ".Extra: nobody can tell what is in a interface {}; put a tag on it, or `usher:\"-\"` if there is nothing to hide"},
		"a map of anything": {refused[struct {
			Inner
			Extra map[string][]any
		}](nil), ".Extra: nobody can tell"},
		"an error": {refused[struct {
			Inner
			Err error
		}](nil), ".Err: nobody can tell"},
		"a function": {refused[struct {
			Inner
			F func() string
		}](nil), ".F: nobody can tell"},
		"a channel": {refused[struct {
			Inner
			C chan Inner
		}](nil), ".C: nobody can tell"},
		"tags in keys": {refused[struct {
			Inner
			M map[Inner]string
		}](nil), ".M: the keys of a map cannot be masked"},
		"a type that contains itself":       {refused[Chain](nil), "a mask_test.Chain may contain a mask_test.Chain, without an end; put `usher:\"-\"` on the field that leads back, and mask what it holds by itself"},
		"two types that contain each other": {refused[Left](nil), "mask_test.Left may contain"},
		"and the other way round":           {refused[Right](nil), "mask_test.Right may contain"},
		"such a type, tagged": {refused[struct {
			Chain *Chain `usher:"chain"`
		}](nil), "mask_test.Chain may contain"},
		"an empty tag": {refused[struct {
			A string `usher:""`
		}](nil), `.A: "" in its tag is no name of a field`},
		"a tag with a blank": {refused[struct {
			A string `usher:"title, location"`
		}](nil), `" location" in its tag is no name of a field`},
		"a capital": {refused[struct {
			A string `usher:"Title"`
		}](nil), `"Title" in its tag is no name of a field`},
	}
	for name, row := range rows {
		err := row.refused()
		assert.ErrorIs(t, err, mask.ErrType, name)
		assert.ErrorContains(t, err, row.want, name)
	}
}

func TestForRefusesPlaceholders(t *testing.T) {
	err := refused[Inner](mask.Placeholders{"secrte": "x"})()
	assert.EqualError(t, err, `placeholder that fits nothing: "secrte": no tag of mask_test.Inner begins with it`)
	err = refused[Inner](mask.Placeholders{"secret": 7})()
	assert.EqualError(t, err, `placeholder that fits nothing: "secret": mask_test.Inner.Secret is a string, which a value of type int does not fit`)
	assert.ErrorIs(t, err, mask.ErrPlaceholder)
	err = refused[struct {
		Tags []string `usher:"tags"`
	}](mask.Placeholders{"tags": []int{1}})()
	assert.ErrorIs(t, err, mask.ErrPlaceholder, "both are slices, which are not converted")
	assert.ErrorContains(t, err, "is a []string, which a value of type []int does not fit")
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
