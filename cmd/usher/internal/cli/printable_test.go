package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-go/usher/internal/hostile"
)

// With any text in arguments, file names and files, the output is safe to show
// on a terminal, and JSON output is valid.
func TestOutputIsSafe(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(t.TempDir()) // some of the texts are names of files that a command creates
	for i, bad := range hostile.Texts {
		quoted, _ := json.Marshal(bad)
		name := strings.NewReplacer("\x00", "", "/", "").Replace(bad)
		file := filepath.Join(dir, name+".yaml")
		if len(name) > 200 {
			file = filepath.Join(dir, "long.yaml")
		}
		text := "usher: 1\npolicy: oncehub\naccount: {users: {olivia: {role: owner}, " + string(quoted) + ": {}}}\nchecks: [{name: " + string(quoted) + ", can: calendar.view, resource: {host: [" + string(quoted) + "]}, allow: []}]\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		db := filepath.Join(dir, string(rune('a'+i))+".db")
		for _, args := range [][]string{
			{bad},
			{"--" + bad},
			{"validate", bad},
			{"validate", file},
			{"test", file},
			{"test", bad, file},
			{"matrix", bad},
			{"matrix", file},
			{"explain", file, "--as", bad},
			{"explain", file, "--as", "x" + bad},
			{"explain", file, "--as", bad, "--can", bad},
			{"explain", file, "--as", "olivia", "--can", "calendar.edit", "--resource", bad + "=" + bad},
			{"explain", file, "--as", bad, "--can", "calendar.edit", "--resource", "host=x" + bad},
			{"explain", file, "--as", "olivia", "--can", "calendar.edit", "--resource", bad},
			{"explain", file, "--as", "olivia", "--can", "calendar.edit", "--resource", "host=" + bad, "--resource", "host=" + bad},
			{"explain", file, "--as", "olivia", "--can", "calendar.edit", "--with", bad},
			{"explain", file, "--as", "olivia", "--can", "calendar.edit", "--with", bad + "=true"},
			{"explain", file, "--as", "olivia", "--can", "calendar.edit", "--with", "mfa=" + bad},
			{"explain", file, "--as", "olivia", "--type", bad},
			{"explain", file, "--as", "olivia", "--at", bad},
			{"explain", file, "--as", "olivia", "--account", bad},
			{"explain", file, "--as", "olivia", "--policy", bad},
			{"matrix", "oncehub", "--format", bad},
			{"validate", "--strict=" + bad, file},
			{"help", bad},
			{bad, bad},
			{"validate", "--color", bad, file},
			{"do", db, "--create", "--account", bad, "--policy", "oncehub", "--host", bad, "--note", bad, "create-account", "owner=" + bad},
			{"do", db, "--account", bad, "--policy", bad, "--as", bad, "add-user", "user=" + bad},
			{"do", db, "--account", bad, "--policy", "oncehub", "--as", bad, "add-user", "user=x" + bad, "and", "create-team", "team=" + bad},
			{"do", db, "--account", "x" + bad, "--policy", "oncehub", "--as", bad, bad, bad + "=" + bad},
			{"do", bad, "--account", bad, "--policy", "oncehub", "--as", bad, "leave"},
			{"log", db},
			{"log", db, "--account", bad},
			{"log", db, "--account", "x" + bad},
			{"log", bad},
			{"log", db, "--verify"},
			{"log", db, "--by", bad},
			{"log", db, "--account", "x" + bad, "--by", bad},
			{"log", db, "--account", "x" + bad, "--since", bad},
			{"log", db, "--account", "x" + bad, "--after", bad},
			{"log", db, "--verify", "--account", "x" + bad, "--head", bad},
			{"log", db, "--verify", "--account", "x" + bad, "--head", "1:" + bad},
			{"do", db, "--account", "x" + bad, "--policy", "oncehub", "--as", bad, "--host", bad, "leave"},
			{"do", db, "--account", "x" + bad, "--policy", "oncehub", "--as", bad, "--with", bad, "leave"},
			{"do", db, "--account", "x" + bad, "--policy", "oncehub", "--as", bad, "--at", bad, "leave"},
			{"do", db, "--account", "x" + bad, "--policy", "oncehub", "--as", bad, "--file", bad},
			{"do", db, "--account", "x" + bad, "--policy", "oncehub", "--as", bad, "--file", file},
			{"do", db, "--account", "x" + bad, "--policy", "oncehub", "--as", bad, "add-user", bad},
			{"do", db, "--account", "x" + bad, "--policy", "oncehub", "--as", bad, "add-user", "user=mia", bad + "=x"},
			{"do", db, "--account", "x" + bad, "--policy", "oncehub", "--as", bad, "add-user", "user=mia", "status=" + bad, "role=" + bad},
			{"explain", db, "--account", bad, "--policy", "oncehub", "--as", bad},
			{"log", "sqlite:" + bad},
			{"log", "bolt:" + bad},
			{"log", bad + "://" + bad},
			{"log", "--store", "postgres://127.0.0.1:1/x?host=127.0.0.1&schema=" + bad},
			{"log", "postgres://" + bad},
			{"migrate", "sqlite:" + bad + "?prefix=" + bad},
			{"migrate", "postgres://127.0.0.1:1/x?schema=" + bad, "--print"},
			{"copy", db, "sqlite:" + bad},
			{"copy", bad, bad},
			{"copy", db, filepath.Join(dir, "copy.db")},
		} {
			for _, output := range []string{"text", "json"} {
				var stdout, stderr bytes.Buffer
				Run(append(args, "--output", output), strings.NewReader(""), &stdout, &stderr)
				for name, text := range map[string]string{"stdout": stdout.String(), "stderr": stderr.String()} {
					if fault := hostile.Fault(text, true); fault != "" && (output == "text" || !strings.HasPrefix(fault, "it has ")) {
						t.Errorf("usher %.80q, %s, %s: %s", args, output, name, fault)
					}
					for _, broken := range []string{bad, strings.ReplaceAll(bad, "\r", "")} {
						if strings.ContainsAny(bad, "\r\n\t") && strings.Contains(text, broken) {
							t.Errorf("usher %.80q, %s, %s: it has the line break or the tab of %q", args, output, name, bad)
						}
					}
				}
				if output == "json" && stdout.Len() > 0 {
					var value any
					if d := json.NewDecoder(&stdout); d.Decode(&value) != nil {
						t.Errorf("usher %.80q: not JSON", args)
					}
				}
			}
		}
	}
}
