package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher/account"
)

// fingerprint tells requests under the same key apart: by who asks, and for what.
// It is kept in the journal, so values of custom fields are no part of it: a
// telephone number is soon guessed from its hash. Nor are facts of the request and
// the time, which may be others when it is asked again.
//
// What is zero is left out, so that a command may get another field in time, and
// what was asked before then keeps its fingerprint.
func fingerprint(b *Batch) string {
	p := printer{sha256.New()}
	p.text(string(b.Actor.User()))
	p.text(b.Actor.Host())
	p.number(len(b.Commands))
	for _, c := range b.Commands {
		if v := reflect.ValueOf(c); v.Kind() == reflect.Struct {
			p.text(account.NameOf(c))
			p.value(v)
		} else {
			p.text("") // a pointer, or nil: no command, and refused as that
		}
	}
	return hex.EncodeToString(p.hash.Sum(nil)[:16])
}

// printer writes values so that different ones are different texts.
type printer struct {
	hash hash.Hash
}

func (p printer) number(n int) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(n))
	p.hash.Write(b[:])
}

func (p printer) text(s string) {
	p.number(len(s))
	p.hash.Write([]byte(s))
}

var (
	timeType  = reflect.TypeFor[time.Time]()
	valueType = reflect.TypeFor[account.Value]()
)

// value writes the kinds of values that commands are made of.
func (p printer) value(v reflect.Value) {
	switch {
	case v.Type() == valueType:
		return
	case v.Type() == timeType:
		p.text(v.Interface().(time.Time).UTC().Format(time.RFC3339Nano))
		return
	}
	switch v.Kind() {
	case reflect.String:
		p.text(v.String())
	case reflect.Bool:
		if v.Bool() {
			p.number(1)
		}
	case reflect.Int:
		p.number(int(v.Int()))
	case reflect.Uint8:
		p.number(int(v.Uint()))
	case reflect.Slice:
		p.number(v.Len())
		for i := range v.Len() {
			p.value(v.Index(i))
		}
	case reflect.Map:
		p.entries(v)
	case reflect.Struct:
		p.fields(v)
	}
}

func (p printer) entries(v reflect.Value) {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	p.number(len(keys))
	for _, key := range keys {
		p.text(key.String())
		p.value(v.MapIndex(key))
	}
}

func (p printer) fields(v reflect.Value) {
	for i := range v.NumField() {
		if f := v.Field(i); !f.IsZero() {
			p.text(v.Type().Field(i).Name)
			p.value(f)
		}
	}
	p.text("") // the end
}
