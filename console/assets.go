package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed assets
var assets embed.FS

// assetsPath begins the paths of files: assets/HASH/console.css. The hash is that of all files,
// so browsers may keep a file forever.
const assetsPath = "assets/"

// assetsHash returns the hash of all files.
var assetsHash = sync.OnceValue(func() string {
	sum := sha256.New()
	entries, _ := assets.ReadDir("assets") // the embedded directory always exists
	for _, e := range entries {
		data, _ := assets.ReadFile("assets/" + e.Name())
		sum.Write(data)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
})

// file reports whether a location is that of a file.
func (at location) file() bool { return strings.HasPrefix(at.path, assetsPath) }

// serveFile serves a file. A file under another hash is that of another version of the program:
// it is served, but not to be kept.
func serveFile(w http.ResponseWriter, r *http.Request, at location) {
	hash, name, _ := strings.Cut(strings.TrimPrefix(at.path, assetsPath), "/")
	data, err := assets.ReadFile("assets/" + name)
	switch {
	case err != nil || path.Clean(name) != name:
		http.Error(w, "There is no such file.", http.StatusNotFound)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Use GET.", http.StatusMethodNotAllowed)
		return
	case hash == assetsHash():
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(data) // the client may have disconnected
	}
}
