package strictjson_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/internal/strictjson"
)

// order is a value with a field of each kind.
type order struct {
	ID    string
	Note  string // optional
	Count uint64
	Delta int
	Paid  bool
	At    time.Time
	Size  size
	Lines []string
}

type size uint8

func (s size) MarshalText() ([]byte, error) {
	if s > 1 {
		return nil, errors.New("unknown size")
	}
	return []byte{"SL"[s]}, nil
}

func (s *size) UnmarshalText(text []byte) error {
	switch string(text) {
	case "S":
		*s = 0
	case "L":
		*s = 1
	default:
		return errors.New("unknown size")
	}
	return nil
}

var (
	orderKeys = strictjson.NewKeys("id", "note?", "count", "delta", "paid", "at", "size", "lines")
	lineKeys  = strictjson.NewKeys("item")
)

func read(data string) (v order, at int, err error) {
	r := strictjson.NewReader([]byte(data))
	if !r.OpenWith("order", "an order") {
		return order{}, r.Offset(), r.Err()
	}
	if format := r.Uint(); format != 1 {
		r.Fail(errors.New("unknown format"))
	}
	for o := orderKeys.Read(r); o.Next(); {
		switch o.Key() {
		case "id":
			v.ID = r.String()
		case "note":
			v.Note = r.String()
		case "count":
			v.Count = r.Uint()
		case "delta":
			v.Delta = int(r.Int())
		case "paid":
			v.Paid = r.Bool()
		case "at":
			v.At = r.Time()
		case "size":
			r.Name(&v.Size)
		case "lines":
			for r.Open('['); r.More(']'); {
				r.Open('{')
				for line := lineKeys.Read(r); line.Next(); {
					v.Lines = append(v.Lines, r.String())
				}
				r.Prefix("a line")
			}
		}
	}
	r.End()
	return v, r.Offset(), r.Err()
}

func write(v order) (string, error) {
	w := strictjson.NewWriter(0)
	w.Raw(`{"order":1`)
	w.String("id", v.ID)
	w.Optional("note", v.Note)
	w.Uint("count", v.Count)
	w.Int("delta", int64(v.Delta))
	w.Bool("paid", v.Paid)
	w.Time("at", v.At)
	w.Name("size", v.Size)
	w.Raw(`,"lines":[`)
	for i, item := range v.Lines {
		if i > 0 {
			w.Raw(",")
		}
		w.Raw("{")
		w.String("item", item)
		w.Raw("}")
		w.Prefix("a line")
	}
	w.Raw("]}")
	return string(w.Bytes()), w.Err()
}

const (
	tea    = `{"order":1,"id":"o7","note":"\"tea\" \\ é 😀\u000a","count":18446744073709551615,"delta":-3,"paid":true,"at":"2026-03-01T12:00:00.5Z","size":"L","lines":[{"item":"a"},{"item":"b"}]}`
	coffee = `{"order":1,"id":"o8","count":0,"delta":0,"paid":false,"at":"2026-03-01T12:00:00Z","size":"S","lines":[]}`
)

func TestReadAndWrite(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	rows := map[string]order{
		tea:    {"o7", "\"tea\" \\ é 😀\n", 1<<64 - 1, -3, true, noon.Add(time.Second / 2), 1, []string{"a", "b"}},
		coffee: {ID: "o8", At: noon},
	}
	for text, want := range rows {
		got, at, err := read(text)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		assert.Equal(t, len(text), at)
		written, err := write(want)
		require.NoError(t, err)
		assert.Equal(t, text, written)
	}
	spaced, _, err := read("\n{ \"order\" : 1 ,\t\"lines\":[ { \"item\" : \"\\/\\b\\f\\n\\r\\t\\ud83d\\ude00\\u00E9\" } ] ,\r\n\"size\":\"L\", \"at\":\"2026-03-01T12:00:00.000Z\",\"paid\": true,\"delta\":1,\"count\":1,\"i\\u0064\":\"o9\" } ")
	require.NoError(t, err)
	assert.Equal(t, order{ID: "o9", Count: 1, Delta: 1, Paid: true, At: noon, Size: 1, Lines: []string{"/\b\f\n\r\t😀é"}}, spaced)
}

func TestReaderRejects(t *testing.T) {
	rows := []struct {
		old, new string
		at       int // 0: not checked
		want     string
	}{
		{`{"order"`, `["order"`, 0, `unexpected '[' (want '{')`},
		{`"order":1,`, ``, 0, `the first key of an order is "order"`},
		{`"order"`, `"Order"`, 0, `the first key of an order is "order"`},
		{`"id":"o8"`, `"id":"o8","id":"o8"`, 26, `duplicate key "id"`},
		{`"id":"o8"`, `"ID":"o8"`, 16, `unknown key ID`},
		{`"id":"o8"`, "\"\u202e\":1", 0, `unknown key "\u202e"`},
		{`"id":"o8",`, ``, 94, `missing key "id"`},
		{`"id":"o8"`, `"id":""`, 0, `a string is empty`},
		{`"id":"o8"`, `"id":8`, 0, `unexpected '8' (want '"')`},
		{`"id":"o8"`, `"id":null`, 0, `unexpected 'n' (want '"')`},
		{`"id":"o8"`, `"id" "o8"`, 0, `unexpected '"' (want ':')`},
		{`"id":"o8"`, "\"id\":\"o\n8\"", 0, `unescaped control character '\n' in a string`},
		{`"id":"o8"`, "\"id\":\"\\u006f\n8\"", 0, `unescaped control character '\n' in a string`},
		{`"id":"o8"`, "\"id\":\"o\xff8\"", 0, `"o\xff8" is not UTF-8`},
		{`"id":"o8"`, "\"id\":\"\\u006f\xff8\"", 0, `"o\xff8" is not UTF-8`},
		{`"id":"o8"`, `"id":"\ud83d"`, 0, `half of a surrogate pair in a \u escape`},
		{`"id":"o8"`, `"id":"\ud83dx\ude00"`, 0, `half of a surrogate pair in a \u escape`},
		{`"id":"o8"`, `"id":"\ude00\ud83d"`, 0, `half of a surrogate pair in a \u escape`},
		{`"id":"o8"`, `"id":"\u00g8"`, 0, `invalid digits "00g8" in a \u escape`},
		{`"id":"o8"`, `"id":"\u+0a8"`, 0, `invalid digits "+0a8" in a \u escape`},
		{`"id":"o8"`, `"id":"\x38"`, 0, `unknown escape "\\x"`},
		{`"count":0`, `"count":-1`, 0, `invalid number "-1" (want a whole number from 0)`},
		{`"count":0`, `"count":00`, 0, `invalid number "00" (want a whole number from 0)`},
		{`"count":0`, `"count":+0`, 0, `invalid number "" (want a whole number from 0)`},
		{`"count":0`, `"count":"0"`, 0, `invalid number "" (want a whole number from 0)`},
		{`"count":0`, `"count":18446744073709551616`, 0, `invalid number "18446744073709551616"`},
		{`"count":0`, `"count":0.0`, 0, `unexpected '.' (want ',')`},
		{`"count":0`, `"count":0e0`, 0, `unexpected 'e' (want ',')`},
		{`"delta":0`, `"delta":-0`, 0, `invalid number "-0" (want a whole number)`},
		{`"delta":0`, `"delta":1-1`, 0, `invalid number "1-1" (want a whole number)`},
		{`"delta":0`, `"delta":9223372036854775808`, 0, `invalid number "9223372036854775808"`},
		{`"paid":false`, `"paid":"false"`, 0, `want true or false`},
		{`"paid":false`, `"paid":null`, 0, `want true or false`},
		{`"paid":false`, `"paid":falsehood`, 0, `unexpected 'h' (want ',')`},
		{`12:00:00Z`, `13:00:00+01:00`, 0, `the time 2026-03-01T13:00:00+01:00: it is not in UTC`},
		{`2026-03-01`, `2026-02-30`, 0, `day out of range`},
		{`2026-03-01T12:00:00Z`, `0001-01-01T00:00:00Z`, 0, `the time is zero`},
		{`2026-03-01T12:00:00Z`, `0000-01-01T00:00:00Z`, 0, `invalid year 0 (want 1 to 9999)`},
		{`2026-03-01T12:00:00Z`, `2026-03-01`, 0, `cannot parse`},
		{`"size":"S"`, `"size":"s"`, 0, `unknown size`},
		{`[]`, `[{}]`, 0, `a line: missing key "item"`},
		{`[]`, `[{"item":"a"}{"item":"b"}]`, 0, `unexpected '{' (want ',')`},
		{`[]`, `[{"item":"a"},]`, 0, `unexpected ']' (want '{')`},
		{`[]`, `[,]`, 0, `unexpected ',' (want '{')`},
		{`[]}`, `[],}`, 0, `unexpected '}' (want '"')`},
		{`[]}`, `[]}{}`, 104, `trailing data`},
	}
	for _, row := range rows {
		require.Contains(t, coffee, row.old)
		broken := strings.Replace(coffee, row.old, row.new, 1)
		_, at, err := read(broken)
		assert.ErrorContains(t, err, row.want, broken)
		if row.at > 0 {
			assert.Equal(t, row.at, at, broken)
		}
	}
	for _, text := range []string{tea, coffee} {
		for n := range text {
			_, _, err := read(text[:n])
			assert.Error(t, err, text[:n])
		}
	}
}

func TestReaderKeepsFirstError(t *testing.T) {
	first := errors.New("first")
	r := strictjson.NewReader([]byte(`{"a":"b"}`))
	r.Prefix("nothing")
	require.NoError(t, r.Err())
	r.Fail(first)
	r.Fail(errors.New("second"))
	r.Open('{')
	assert.False(t, r.More('}'))
	assert.Zero(t, r.Uint())
	assert.Zero(t, r.Int())
	assert.Empty(t, r.String())
	assert.False(t, r.Bool())
	assert.True(t, r.Time().IsZero())
	r.Prefix("here")
	assert.EqualError(t, r.Err(), "here: first")
	assert.ErrorIs(t, r.Err(), first)
	assert.Zero(t, r.Offset())
}

func TestWriterRejects(t *testing.T) {
	rows := map[string]func(*order){
		"id is empty":                             func(v *order) { v.ID = "" },
		`id: "\xff" is not UTF-8`:                 func(v *order) { v.ID = "\xff" },
		`note: "\xff" is not UTF-8`:               func(v *order) { v.Note = "\xff" },
		"at: the time is zero":                    func(v *order) { v.At = time.Time{} },
		"at: invalid year 10000 (want 1 to 9999)": func(v *order) { v.At = v.At.AddDate(7974, 0, 0) },
		"size: unknown size":                      func(v *order) { v.Size = 2 },
		"a line: item is empty":                   func(v *order) { v.Lines = []string{""} },
	}
	for want, change := range rows {
		v, _, err := read(coffee)
		require.NoError(t, err)
		change(&v)
		_, err = write(v)
		assert.ErrorContains(t, err, want)
	}
	_, err := write(order{Size: 2})
	assert.EqualError(t, err, "id is empty", "the first error stays")
}

// Lists, and objects whose keys are not fixed.
func TestElementsAndMembers(t *testing.T) {
	w := strictjson.NewWriter(0)
	w.Raw("{")
	w.Text("a", "")
	w.Text("b", "x")
	w.Key("c")
	w.Raw("[")
	w.Element("1")
	w.Element("2")
	w.Raw("]")
	w.Key("d")
	w.Raw("{")
	w.Member(`"`)
	w.Number(-1)
	w.Member("f")
	w.Quoted("é")
	w.Raw("}}")
	require.NoError(t, w.Err())
	assert.Equal(t, `{"a":"","b":"x","c":["1","2"],"d":{"\"":-1,"f":"é"}}`, string(w.Bytes()))

	r := strictjson.NewReader([]byte(`{"\u0022":-1, "f" :"é"}`))
	r.Open('{')
	require.True(t, r.More('}'))
	assert.Equal(t, `"`, r.Member())
	assert.EqualValues(t, -1, r.Int())
	require.True(t, r.More('}'))
	assert.Equal(t, "f", r.Member())
	assert.Equal(t, "é", r.String())
	assert.False(t, r.More('}'))
	r.End()
	require.NoError(t, r.Err())

	for want, write := range map[string]func(*strictjson.Writer){
		"a key is empty":        func(w *strictjson.Writer) { w.Member("") },
		`the key "\xff" is not`: func(w *strictjson.Writer) { w.Member("\xff") },
		"a string is empty":     func(w *strictjson.Writer) { w.Element("") },
		`"\xff" is not UTF-8`:   func(w *strictjson.Writer) { w.Element("\xff") },
		`a: "\xff" is not`:      func(w *strictjson.Writer) { w.Text("a", "\xff") },
	} {
		w := strictjson.NewWriter(0)
		write(w)
		assert.ErrorContains(t, w.Err(), want)
	}
	empty := strictjson.NewReader([]byte(`"":1`))
	empty.Member()
	assert.ErrorContains(t, empty.Err(), "a string is empty")
}

// Data that the Reader accepts has the same values for encoding/json, and writing and reading it
// returns the same values.
func FuzzReader(f *testing.F) {
	f.Add(tea)
	f.Add(coffee)
	f.Fuzz(func(t *testing.T, text string) {
		v, _, err := read(text)
		if err != nil {
			return
		}
		var reference struct {
			ID, Note string
			Count    uint64
			Delta    int
			Paid     bool
		}
		require.NoError(t, json.Unmarshal([]byte(text), &reference))
		require.Equal(t, reference.ID+reference.Note, v.ID+v.Note)
		require.Equal(t, []any{reference.Count, reference.Delta, reference.Paid}, []any{v.Count, v.Delta, v.Paid})
		written, err := write(v)
		require.NoError(t, err)
		again, _, err := read(written)
		require.NoError(t, err)
		require.Equal(t, v, again)
		twice, err := write(again)
		require.NoError(t, err)
		require.Equal(t, written, twice)
	})
}
