package engine

import (
	"cmp"
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

// fingerprint returns a hash of the actor and the commands, which tells requests under
// the same idempotency key apart. It is stored in the journal, so it does not cover
// values of custom fields: a telephone number can be guessed from its hash. It does not
// cover the facts and the time of the request either, which may differ in a retry.
//
// Zero fields are left out, so that a command may get a new field without changing the
// fingerprints of older requests.
func fingerprint(b *Batch) string {
	p := printer{sha256.New()}
	p.text(string(b.Actor.User()))
	p.text(cmp.Or(b.Actor.Host(), string(b.Actor.OnBehalf()))) // only users have the latter
	p.number(len(b.Commands))
	for _, c := range b.Commands {
		if v := reflect.ValueOf(c); v.Kind() == reflect.Struct {
			p.text(account.NameOf(c))
			p.value(v)
		} else {
			p.text("") // a pointer or nil, which Submit rejects
		}
	}
	return hex.EncodeToString(p.hash.Sum(nil)[:16])
}

// printer writes values to a hash, so that different values are written differently.
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

// value writes a value of any kind that commands contain.
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
	case reflect.Interface: // a command in a list of commands
		if c, ok := v.Interface().(account.Command); ok {
			p.text(account.NameOf(c))
			p.value(v.Elem())
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
