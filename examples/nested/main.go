// Nested selects, in SQL, rows that users may see because of the folders that contain them.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/permission"
)

var (
	folders = filter.Mapping{
		Type:    "folder",
		Account: filter.Column{Name: "f.company"},
		Parties: map[string]filter.Party{
			"reader": filter.Join{
				Table: "readers", Key: map[string]string{"folder": "f.id"},
				ID: filter.Column{Name: "person"},
			},
		},
		// A folder is in another one. Without Of, that has the same mapping.
		In: filter.ContainerRow{Table: "folders", Key: map[string]string{"id": "f.parent"}},
	}
	files = filter.Mapping{
		Type:    "file",
		Account: filter.Column{Name: "x.company"},
		Parties: map[string]filter.Party{"author": filter.Column{Name: "x.author"}},
		In: filter.ContainerRow{
			Table: "folders", Key: map[string]string{"id": "x.folder"}, Of: folders,
		},
	}
	// A comment has the author and the folder of its file in columns of its own.
	comments = filter.Mapping{
		Type:    "comment",
		Account: filter.Column{Name: "c.company"},
		Parties: map[string]filter.Party{"author": filter.Column{Name: "c.author"}},
		In: filter.ContainerColumns{Of: filter.Mapping{
			Type:    "file",
			Parties: map[string]filter.Party{"author": filter.Column{Name: "c.file_author"}},
			In: filter.ContainerRow{
				Table: "folders", Key: map[string]string{"id": "c.file_folder"}, Of: folders,
			},
		}},
	}
)

// lists are the tables, each with its mapping and with the permission to list it.
var lists = []struct {
	from string
	in   *filter.Table
	view permission.Permission
}{
	{"folders f", must(folders.Compile(filter.SQLite)), permission.MustParse("folder.view")},
	{"files x", must(files.Compile(filter.SQLite)), permission.MustParse("file.view")},
	{"comments c", must(comments.Compile(filter.SQLite)), permission.MustParse("comment.view")},
}

func main() {
	ctx := context.Background()
	dir := must(os.MkdirTemp("", "nested"))
	defer os.RemoveAll(dir)
	db := must(sql.Open("sqlite", filepath.Join(dir, "files.db")))
	defer db.Close()
	must(db.ExecContext(ctx, schema))
	az := openCompany(ctx)
	defer az.Close()

	for _, l := range lists {
		if err := az.Policy().CheckTable(l.in, l.view); err != nil {
			log.Fatal(err)
		}
		for _, user := range []usher.UserID{"olivia", "mia", "max", "tom"} {
			titles, err := list(ctx, az, db, user, l.view, l.in, l.from)
			fmt.Printf("%s of %s: %q %v\n", l.view, user, titles, err)
		}
	}
}

// list returns the titles of the rows for which the user has the permission.
func list(ctx context.Context, az *engine.Engine, db *sql.DB, user usher.UserID,
	view permission.Permission, in *filter.Table, from string,
) ([]string, error) {
	visible, err := az.Filter(ctx, usher.Request{Account: "acme", Subject: user, Permission: view})
	if err != nil {
		return nil, err
	}
	where, err := visible.SQL(in, 1)
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx,
		"SELECT title FROM "+from+" WHERE "+where.SQL+" ORDER BY title LIMIT 50", where.Args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var titles []string
	for rows.Next() {
		var title string
		if err := rows.Scan(&title); err != nil {
			return nil, err
		}
		titles = append(titles, title)
	}
	return titles, rows.Err()
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
