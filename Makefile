# Needs Go, git, bash and a C compiler. The linters are pinned in tools/go.mod, a module outside
# the workspace, so that what they require never moves a version here.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c

tool      = GOWORK=off go tool -modfile='$(CURDIR)/tools/go.mod'
FUZZTIME ?= 30s
PKG      ?= ./seat ./mask ./team ./usherhttp ./filter ./account
TIMEOUT  ?= 40m # of one package; a busy machine takes its time

.PHONY: help test lint bench bench-core fuzz mutate fmt

help: ## say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

test: ## run the tests of every module, with the race detector
	@command -v $$(go env CC) >/dev/null || { echo "The race detector needs a C compiler: apt-get install gcc libc6-dev, or the like."; exit 1; }
	go test -race -timeout $(TIMEOUT) work
	cd benchmarks && GOWORK=off go test -race -timeout $(TIMEOUT) ./...

# The workspace is off, so that a module that builds only beside its neighbours is found.
lint: ## check format, go vet and staticcheck in every module
	@unformatted=$$($(tool) gofumpt -l .); [[ -z $$unformatted ]] || { echo "make fmt would change:"; echo "$$unformatted"; exit 1; }
	@status=0; while read -r dir; do \
		echo "lint $$dir"; cd "$$dir"; \
		GOWORK=off go vet ./... || status=1; \
		$(tool) staticcheck ./... || status=1; \
	done < <(go list -m -f '{{.Dir}}'; echo '$(CURDIR)/benchmarks'); exit $$status

bench: ## measure usher beside its peers, and write benchmarks/RESULTS.md
	cd benchmarks && GOWORK=off go run .

bench-core: ## run the benchmarks of the core
	go test -run '^$$' -bench . -benchmem ./...

fuzz: ## run every fuzz target for FUZZTIME=30s
	@go test -list '^Fuzz' work \
	| awk '/^Fuzz/ {targets[n++] = $$1} /^ok/ {for (i = 0; i < n; i++) print $$2, targets[i]; n = 0}' \
	| while read -r package target; do \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x "$$package"; \
	done

# The tests of the package itself run against each mutant; docs/mutants.md says which survive.
mutate: ## change the code of PKG=./seat, and require that tests notice 90% of the changes
	@status=0; for package in $(PKG); do \
		echo "mutate $$package"; \
		GOFLAGS=-vet=off nice -n 10 env $(tool) gremlins unleash \
			--workers 2 --timeout-coefficient 10 --output-statuses lct --threshold-efficacy 90 "$$package" || status=1; \
	done; exit $$status

fmt: ## format every Go file
	@$(tool) gofumpt -w .
