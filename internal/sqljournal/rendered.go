package sqljournal

import (
	"bytes"
	"embed"
	"io/fs"
	"strings"
)

//go:embed migrations
var migrations embed.FS

// rendered returns the files of a folder of migrations, with the placeholder replaced by the name of
// the place of the tables.
func rendered(folder, placeholder, place string) fs.FS {
	sub, err := fs.Sub(migrations, folder)
	if err != nil {
		panic(err) // the names are constants
	}
	return renderedFS{sub, placeholder, place}
}

type renderedFS struct {
	fs.FS
	placeholder, place string
}

// ReadFile implements fs.ReadFileFS.
func (r renderedFS) ReadFile(name string) ([]byte, error) {
	text, err := fs.ReadFile(r.FS, name)
	return []byte(strings.ReplaceAll(string(text), r.placeholder, r.place)), err
}

// Open implements fs.FS.
func (r renderedFS) Open(name string) (fs.File, error) {
	f, err := r.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return f, err
	}
	text, err := r.ReadFile(name)
	return &renderedFile{File: f, info: renderedInfo{info, int64(len(text))}, text: bytes.NewReader(text)}, err
}

type renderedFile struct {
	fs.File
	info renderedInfo
	text *bytes.Reader
}

func (f *renderedFile) Read(p []byte) (int, error) { return f.text.Read(p) }

func (f *renderedFile) Stat() (fs.FileInfo, error) { return f.info, nil }

type renderedInfo struct {
	fs.FileInfo
	size int64
}

func (i renderedInfo) Size() int64 { return i.size }
