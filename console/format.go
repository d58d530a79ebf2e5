package console

import (
	"bufio"
	"io"
	"net/http"
	"slices"

	"github.com/usher-go/usher/internal/printable"
)

// format is a form of a page for other programs: ?format=csv. It can have more rows than the page.
type format struct {
	Name  string // the value of the parameter format; not json
	Type  string // the media type: text/csv; charset=utf-8
	File  string // the name under which a browser saves it: record.csv
	Write func(*viewer, *http.Request, io.Writer) error
}

// format returns the further format of a page with a name, or nil.
func (p *page) format(name string) *format {
	i := slices.IndexFunc(p.Formats, func(f format) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return &p.Formats[i]
}

// send responds with a file. It writes while it reads. An error before the first part of the
// file becomes a page. A later one ends the connection, so that the client knows that the file
// is not complete.
func (v *viewer) send(w http.ResponseWriter, p *page, f *format, r *http.Request) error {
	file := &fileWriter{ResponseWriter: w, format: f}
	if r.Method == http.MethodHead {
		file.begin()
		return nil
	}
	b := bufio.NewWriterSize(file, 1<<15)
	err := f.Write(v, r, b)
	if err == nil {
		err = v.err
	}
	if err == nil {
		err = b.Flush()
	}
	if err != nil && file.begun {
		v.options.Log.WarnContext(v.ctx, "console: a file is not complete", "page", p.Path, "error", printable.Error(err))
		panic(http.ErrAbortHandler) // the only way in which net/http tells the client
	}
	return err
}

// fileWriter sends the headers of a file before its first bytes.
type fileWriter struct {
	http.ResponseWriter
	format *format
	begun  bool
}

func (f *fileWriter) begin() {
	f.begun = true
	f.Header().Set("Content-Type", f.format.Type)
	f.Header().Set("Content-Disposition", `attachment; filename="`+f.format.File+`"`)
	f.WriteHeader(http.StatusOK)
}

func (f *fileWriter) Write(data []byte) (int, error) {
	if !f.begun {
		f.begin()
	}
	return f.ResponseWriter.Write(data)
}
