package printable_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/internal/printable"
)

func TestWords(t *testing.T) {
	for given, want := range map[string]string{
		"mia":                   `mia`,
		"møa.x@acme.example":    `møa.x@acme.example`,
		"":                      `""`,
		"mia smith":             `"mia smith"`,
		`m"ia\`:                 `"m\"ia\\"`,
		"mia\nolivia":           `"mia\nolivia"`,
		"\x1b[2Jmia":            `"\x1b[2Jmia"`,
		"mia\u202egnp":          `"mia\u202egnp"`,
		"mia\u2066\u2069":       `"mia\u2066\u2069"`,
		"\ufeffmia\u200b":       `"\ufeffmia\u200b"`,
		"mia\u2028":             `"mia\u2028"`,
		"mia\u3164":             `"mia\u3164"`,
		"mia\U000e0041":         `"mia\U000e0041"`,
		"mia\xff\xc0":           `"mia\xff\xc0"`,
		"mia\x7f\u0085":         `"mia\x7f\u0085"`,
		"mia\ufffd":             `"mia�"`,
		strings.Repeat("é", 64): strings.Repeat("é", 64),
		strings.Repeat("é", 65): `"` + strings.Repeat("é", 64) + `"…`,
	} {
		assert.Equal(t, want, printable.Word(given), "%q", given)
	}
}

func TestOthers(t *testing.T) {
	assert.Equal(t, "/home/mia smith/usher.db", printable.Value("/home/mia smith/usher.db"))
	assert.Equal(t, `"/home/\x1b[31m.db"`, printable.Value("/home/\x1b[31m.db"))
	assert.Equal(t, `"ny"`, printable.Quote("ny"))
	assert.Equal(t, `"`+strings.Repeat("x", printable.MaxQuote)+`"…`, printable.Quote(strings.Repeat("x", 5000)))
	assert.Equal(t, `open "x": no\nallowed \x1b[1m \u202e \xfe`, printable.Text("open \"x\": no\nallowed \x1b[1m \u202e \xfe"))
	assert.Equal(t, strings.Repeat("x", printable.MaxText)+"…", printable.Text(strings.Repeat("x", 1<<20)))
}

func TestErrors(t *testing.T) {
	require.NoError(t, printable.Error(nil))
	safe := errors.New("no seats left")
	assert.Same(t, safe, printable.Error(safe))
	err := printable.Error(&fs.PathError{Op: "open", Path: "a\u202eb\nc", Err: fs.ErrNotExist})
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.Equal(t, `open a\u202eb\nc: file does not exist`, err.Error())
	var path *fs.PathError
	require.ErrorAs(t, err, &path)
	assert.Equal(t, "<nil>", printable.Cause(nil))
}

func TestJSON(t *testing.T) {
	for _, v := range []string{"mia", "a\u202eb", "\u2066\U000e0041\u3164", "\x1b\x7f\n\u0085\ufeff", "é 日本", `\u202e`} {
		encoded, err := json.MarshalIndent(map[string]string{v: v}, "", "  ")
		require.NoError(t, err)
		printed := printable.JSON(encoded)
		for _, r := range string(printed) {
			assert.True(t, r == '\n' || printable.Safe(r), "%q in %q", r, printed)
		}
		var read map[string]string
		require.NoError(t, json.Unmarshal(printed, &read))
		assert.Equal(t, map[string]string{v: v}, read)
	}
}

func FuzzAll(f *testing.F) {
	f.Add("mia\u202e\n\x1b[0m\xff")
	f.Fuzz(func(t *testing.T, s string) {
		for name, got := range map[string]string{
			"Word": printable.Word(s), "Value": printable.Value(s), "Quote": printable.Quote(s), "Text": printable.Text(s),
		} {
			for _, r := range got {
				if r != utf8.RuneError && (unicode.Is(unicode.C, r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029') {
					t.Errorf("%s(%q) = %q", name, s, got)
				}
			}
			if !utf8.ValidString(got) {
				t.Errorf("%s(%q) = %q, which is not UTF-8", name, s, got)
			}
			if again := printable.Text(got); again != got && name != "Text" && len(got) < printable.MaxText {
				t.Errorf("Text(%q) = %q", got, again)
			}
		}
		if utf8.RuneCountInString(s) <= printable.MaxQuote {
			if back, err := strconv.Unquote(printable.Quote(s)); err != nil || back != s {
				t.Errorf("%q is read back as %q: %v", printable.Quote(s), back, err)
			}
		}
	})
}

type id string

func TestSprintf(t *testing.T) {
	long := strings.Repeat("x", 5000)
	bad := "a\u202eb"
	for got, want := range map[string]string{
		printable.Sprintf("%s and %s", id("mia smith"), id("mia")):    `"mia smith" and mia`,
		printable.Sprintf("%s", id(long)):                             `"` + long[:64] + `"…`,
		printable.Sprintf("%s, %q", bad, bad):                         `"a\u202eb", "a\u202eb"`,
		printable.Sprintf("%s", "; did you mean \"x\"?"):              `; did you mean "x"?`,
		printable.Sprintf("%s", "; did you\nmean"):                    `; did you\nmean`,
		printable.Sprintf("%[2]s %[1]q %%", id(bad), id("b")):         `b "a\u202eb" %`,
		printable.Sprintf("%T is %T of 100%% %d", id(bad), "x", 7):    `printable_test.id is string of 100% 7`,
		printable.Sprintf("%v %v", errors.New(bad), []string{"a\nb"}): `a\u202eb [a\nb]`,
		printable.Sprintf("nothing"):                                  `nothing`,
	} {
		assert.Equal(t, want, got)
	}
	foreign := &fs.PathError{Op: "open", Path: bad, Err: fs.ErrNotExist}
	err := printable.Errorf("%s: %w, %w", id(bad), fs.ErrClosed, foreign)
	assert.Equal(t, `"a\u202eb": file already closed, open a\u202eb: file does not exist`, err.Error())
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorIs(t, err, fs.ErrClosed)
	var path *fs.PathError
	require.ErrorAs(t, err, &path)
	assert.Equal(t, bad, path.Path)
}
