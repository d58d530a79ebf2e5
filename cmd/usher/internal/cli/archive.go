package cli

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/filearchive"
	"github.com/usher-go/usher/store/storearchive"
)

// acceptArchive adds --archive to a command that reads journals.
func (r *run) acceptArchive(c *cobra.Command, usage string) {
	c.Flags().StringVar(&r.archiveFlag, "archive", "", usage)
	_ = c.MarkFlagDirname("archive")
}

const archiveUsage = "the `FOLDER` with the first commits of journals that usher shorten has shortened"

// archive returns the archive of --archive, nil if the flag is not given. The folder must exist.
func (r *run) archive() (store.Archive, error) {
	if r.archiveFlag == "" {
		return nil, nil
	}
	switch info, err := os.Stat(r.archiveFlag); {
	case err != nil:
		return nil, wrongUsage("--archive %s: %v", printable.Text(r.archiveFlag), printable.Text(withoutPath(err).Error()))
	case !info.IsDir():
		return nil, wrongUsage("--archive %s: it is a file (want a folder)", printable.Text(r.archiveFlag))
	}
	a, err := filearchive.Open(r.archiveFlag)
	if err != nil {
		return nil, wrongUsage("--archive: %v", err)
	}
	return a, nil
}

// withArchive makes a store that a command only reads return the commits in the archive, too.
func (r *run) withArchive(h *handle) (*handle, error) {
	a, err := r.archive()
	switch {
	case err != nil:
		return nil, errors.Join(err, h.close())
	case a != nil:
		h.Store = storearchive.Reader(h.Store, a)
	}
	return h, nil
}
