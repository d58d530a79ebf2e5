# Needs Go 1.26, make, git, bash, a C compiler, PostgreSQL's binaries, npm and Chromium; `make setup`
# checks for them.
# The linters are pinned in tools/go.mod, a module outside the workspace, so that what they require
# never moves a version here. A recipe that is more than one command is a script in .ci, which works
# with every make.

tool      = GOWORK=off go tool -modfile='$(CURDIR)/tools/go.mod'
FUZZTIME ?= 30s
PKG      ?= ./seat ./mask ./team ./usherhttp ./filter ./account
TIMEOUT  ?= 40m# of one package; a busy machine takes its time

.PHONY: help setup test lint lint-code install-check api-diff vuln bench bench-core bench-against fuzz mutate tidy fmt generate

help: ## say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' Makefile

setup: ## check what make test needs, and install it where that is allowed
	@.ci/setup

test: setup ## run the tests of every module, with the race detector
	cd tools && GOWORK=off go test ./...
	go test -race -timeout $(TIMEOUT) work
	go test -timeout $(TIMEOUT) ./policy ./proof/accountproof ./proof/agreement ./proof/ceilingproof ./proof/engineproof ./proof/hostproof # in full, see internal/raced
	go test -timeout $(TIMEOUT) -run TestSQLite ./store/sqlstore # in full too
	.ci/alone benchmarks go test -race -timeout $(TIMEOUT) ./...

lint: lint-code install-check ## lint-code, then install-check

lint-code: ## check format, go vet and staticcheck in every module
	.ci/lint

install-check: ## get and install every module in empty folders, as a new user of the next version
	cd tools && GOWORK=off go run ./installcheck

api-diff: ## show how the API differs from the last tag; incompatible changes fail from v1 on
	.ci/api-diff

vuln: ## look up known vulnerabilities of what the modules link
	.ci/vuln

bench: ## measure usher beside its peers, and write benchmarks/RESULTS.md
	.ci/alone benchmarks go run .

bench-core: ## run the benchmarks of the core
	go test -run '^$$' -bench . -benchmem ./...

bench-against: ## compare the benchmarks of policy with those of the revision REV
	.ci/bench-against $(REV) ./policy

fuzz: ## run every fuzz target for FUZZTIME=30s
	.ci/fuzz $(FUZZTIME)

mutate: ## change the code of PKG=./seat, and require that its tests notice more than 90% of the changes
	.ci/mutate $(PKG)

tidy: ## bring go.mod and go.sum of every module up to date
	.ci/tidy

fmt: ## format every Go file
	@$(tool) gofumpt -w .

generate: ## write what is derived from types of commands and changes: tables of the FORMAT pages, and the schema
	go test . ./account -run TestGenerated -update
