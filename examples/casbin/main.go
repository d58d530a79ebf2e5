// Casbin imports users from the policy.csv of a Casbin service, and compares decisions.
package main

import (
	"context"
	"embed"
	"encoding/csv"
	"fmt"
	"log"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store/memstore"
)

//go:embed policy.csv policy.yaml
var files embed.FS

func main() {
	ctx := context.Background()
	p := must(policyfile.Load("policy.yaml", must(files.ReadFile("policy.yaml"))))
	az := must(engine.Open(engine.Options{Policy: p, Store: new(memstore.Store)}))
	defer az.Close()
	rows := readRows("policy.csv")

	// Each g row of a user becomes the user's role. Rows between roles are in policy.yaml.
	accounts := map[usher.AccountID]map[usher.UserID]policy.User{}
	for _, row := range rows {
		if row[0] != "g" || isRole(p, row[1]) {
			continue
		}
		user, name, domain := usher.UserID(row[1]), role.Name(row[2]), usher.AccountID(row[3])
		if accounts[domain] == nil {
			accounts[domain] = map[usher.UserID]policy.User{}
		}
		if other, ok := accounts[domain][user]; ok {
			log.Fatalf("%s has two roles, %s and %s: declare one role that includes both",
				user, other.Role, name)
		}
		accounts[domain][user] = policy.User{Role: name, Status: usher.Active}
	}
	for domain, users := range accounts {
		must(az.Do(ctx, account.AsHost("casbin"), domain,
			account.Import{Seed: account.Seed{Users: users}}))
	}

	// Each p row is a question that both sides must answer in the same way.
	questions, different := 0, 0
	for domain, users := range accounts {
		for user := range users {
			for _, row := range rows {
				if row[0] != "p" || row[2] != string(domain) {
					continue
				}
				d := must(az.Check(ctx, usher.Request{
					Account: domain, Subject: user,
					Permission: permission.MustParse(row[3] + "." + row[4]),
					Resource:   &usher.Object{Type: row[3], ID: "any"},
				}))
				questions++
				if d.Allowed() != casbin(rows, string(user), row[2:]) {
					fmt.Println(user, row, "usher:", d)
					different++
				}
			}
		}
	}
	fmt.Println(questions, "questions,", different, "different answers")
}

// casbin stands for Enforce of the service's own enforcer.
func casbin(rows [][]string, subject string, object []string) bool {
	for _, row := range rows {
		if row[0] == "p" && row[1] == subject && slices.Equal(row[2:], object) ||
			row[0] == "g" && row[1] == subject && row[3] == object[0] &&
				casbin(rows, row[2], object) {
			return true
		}
	}
	return false
}

func isRole(p *policy.Policy, name string) bool {
	_, ok := p.Role(role.Name(name))
	return ok
}

func readRows(name string) [][]string {
	file := must(files.Open(name))
	defer file.Close()
	r := csv.NewReader(file)
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	return must(r.ReadAll())
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
