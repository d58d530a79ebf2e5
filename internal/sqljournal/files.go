package sqljournal

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"strings"
)

//go:embed migrations
var migrations embed.FS

// Files are the migrations of a store: files with statements for its tables, in the order of their
// names. Each is valid in one transaction, and ends with a statement that records it in the table of
// migrations.
type Files struct {
	templates fs.FS
	places    *strings.Replacer // the names of the tables' place
	table     string            // the table of migrations
}

// files returns the files of a folder of migrations.
func files(folder, table string, places *strings.Replacer) Files {
	templates, err := fs.Sub(migrations, folder)
	if err != nil {
		panic(err) // the names are constants
	}
	return Files{templates, places, table}
}

// checksum returns the checksum of a file. It does not depend on the place, so that a schema may be
// renamed.
func (f Files) checksum(name string) (string, error) {
	template, err := fs.ReadFile(f.templates, name)
	sum := sha256.Sum256(template)
	return hex.EncodeToString(sum[:]), err
}

// ReadFile implements fs.ReadFileFS.
func (f Files) ReadFile(name string) ([]byte, error) {
	template, err := fs.ReadFile(f.templates, name)
	if err != nil {
		return nil, err
	}
	sum, err := f.checksum(name)
	text := f.places.Replace(string(template)) + "\nINSERT INTO " + f.table + " (name, checksum) VALUES ('" + migrationName(name) + "', '" + sum + "');\n"
	return []byte(text), err
}

// ReadDir implements fs.ReadDirFS. The sizes in it are those of the templates.
func (f Files) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(f.templates, name) }

// Open implements fs.FS.
func (f Files) Open(name string) (fs.File, error) {
	file, err := f.templates.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil || info.IsDir() {
		return file, err
	}
	text, err := f.ReadFile(name)
	return &openFile{File: file, info: fileInfo{info, int64(len(text))}, text: bytes.NewReader(text)}, err
}

// migrationName returns the name of a migration in the table.
func migrationName(file string) string { return strings.TrimSuffix(file, ".sql") }

type openFile struct {
	fs.File
	info fileInfo
	text *bytes.Reader
}

func (f *openFile) Read(p []byte) (int, error) { return f.text.Read(p) }

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }

type fileInfo struct {
	fs.FileInfo
	size int64
}

func (i fileInfo) Size() int64 { return i.size }
