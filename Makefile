# bellhop. `make help` lists what there is. `make run` and `make test` need nothing but Go and this file; what else a
# check needs it installs for itself into .tools, at the version pinned in tools/, or says why it was skipped.
# REQUIRE_REAL=1 turns every such skip into a failure.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

FUNCTIONS := requester ingester janitor
MODULES   := . cmd/bellhop
# Both modules at once, through go.work.
PACKAGES  := ./... ./cmd/bellhop/...

VERSION ?= $(shell git describe --always --dirty --tags 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)

export REQUIRE_REAL ?=

# How many inputs each fuzz target gets. A count and not a time: at the end of a -fuzztime in seconds the toolchain of
# this Go release can fail by itself (golang/go#75804).
FUZZTIME ?= 20000x

##@ Use

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-zA-Z][a-zA-Z-]*:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: export BELLHOP_HOME ?= $(CURDIR)/.bellhop
run: build/bellhop ## Play the whole life of reports on this machine; state stays in .bellhop or $BELLHOP_HOME
	@exec build/bellhop local run

.PHONY: build/bellhop
build/bellhop:
	@[[ -e $@ ]] || echo "building bellhop (the first build takes a minute or two)"
	@go build -ldflags "-X main.version=$(VERSION)" -o $@ ./cmd/bellhop

##@ Check

.PHONY: check
check: lint template-lint tidy-check build fuzz-smoke crash test ## Everything that has to pass before a change is merged

.PHONY: test
test: ## Test both modules with the race detector, in random order
	@server=$$(tools/install dynoxide); race=-race; \
	if ! command -v "$$(go env CC | cut -d' ' -f1)" >/dev/null; then \
	  echo "SKIPPED race detector: it needs a C compiler, and there is no $$(go env CC)" >&2; \
	  [[ "$$REQUIRE_REAL" != 1 ]] || exit 1; race=; \
	fi; \
	BELLHOP_DYNOXIDE="$$server" go test $$race -shuffle=on $(PACKAGES)

# Every STRIDE-th crash point; STRIDE=1 tries all. Without the race detector, which "make test" has for a part of them.
STRIDE ?= 3

.PHONY: crash
crash: ## Kill the functions at every STRIDE-th step of whole lives, and compare the datasets
	BELLHOP_CRASH_STRIDE=$(STRIDE) go test -timeout 30m -run 'TestACrash|TestAFailureInPassing' ./cmd/bellhop/internal/local

.PHONY: kill
kill: ## Kill the real ingester and janitor at random moments of a run of 450 files, and compare the datasets
	@server=$$(tools/install dynoxide); \
	BELLHOP_DYNOXIDE="$$server" BELLHOP_KILL_DAYS=45 go test -timeout 20m -run Killed ./cmd/bellhop/internal/realbinaries

.PHONY: lint
lint: ## Formatting, go vet and golangci-lint
	@unformatted=$$(gofmt -l $(GO_FOLDERS)); \
	[[ -z "$$unformatted" ]] || { printf 'not formatted with gofmt:\n%s\n' "$$unformatted" >&2; exit 1; }
	go vet $(PACKAGES)
	@linter=$$(tools/install golangci-lint); [[ -z "$$linter" ]] || \
	  (set -x; "$$linter" run $(PACKAGES))

GO_FOLDERS = $(wildcard functions pkg cmd internal bench)

.PHONY: template-lint
template-lint: ## Check template.yaml with cfn-lint, hints included
	@linter=$$(tools/install cfn-lint); [[ -z "$$linter" ]] || \
	  (set -x; "$$linter" --include-checks I --template template.yaml)

.PHONY: tidy-check
tidy-check: ## Fail when go.mod or go.sum of a module is not tidy
	@for module in $(MODULES); do (set -x; cd $$module && GOWORK=off go mod tidy -diff); done

# One package and one target at a time is all that go test can fuzz.
.PHONY: fuzz-smoke
fuzz-smoke: ## Fuzz every target for some seconds
	@grep -rE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+\(' $(GO_FOLDERS) | sort | while IFS=: read -r file func; do \
	  name=$${func#func }; name=$${name%%(*}; \
	  (set -x; go test -run='^$$' -fuzz="^$$name\$$" -fuzztime=$(FUZZTIME) "./$$(dirname "$$file")" </dev/null); \
	done || { echo "fuzzing failed, or there is nothing to fuzz" >&2; exit 1; }

.PHONY: cover
cover: ## Test coverage of both modules, as build/coverage.html
	@mkdir -p build
	BELLHOP_DYNOXIDE="$$(tools/install dynoxide)" go test -coverpkg=./...,./cmd/bellhop/... -coverprofile=build/coverage.out $(PACKAGES)
	go tool cover -html=build/coverage.out -o build/coverage.html
	@go tool cover -func=build/coverage.out | tail -n 1

# PART chooses tables by name, comma-separated; figures is the one of package table. QUICK=1 does a tenth of the work, for
# trying. ROUNDS is how many rounds the median is of; each part has a number of its own.
PART   ?=
QUICK  ?=
ROUNDS ?=

.PHONY: bench
bench: ## Measure bellhop against yardsticks in the same run, about 10 minutes; PART=coldstart, QUICK=1; see bench/README.md
	@part=$(PART); if [[ -z $$part || ,$$part, == *,figures,* ]]; then \
	  go test -cpu 1 -timeout 20m -run '^$$' -bench '^BenchmarkFigures$$' -benchtime 1x ./pkg/table -rounds $(or $(ROUNDS),$(if $(QUICK),1,7)); \
	fi; \
	part=,$$part,; part=$${part/,figures,/,}; part=$${part#,}; part=$${part%,}; \
	if [[ -z "$(PART)" || -n $$part ]]; then \
	  server=$$(tools/install dynoxide); \
	  go build -o build/bench ./cmd/bellhop/internal/bench; \
	  BELLHOP_DYNOXIDE="$$server" build/bench -part "$$part" $(if $(QUICK),-quick) $(if $(ROUNDS),-rounds $(ROUNDS)); \
	fi

##@ Deploy

# What Lambda runs. GOWORK=off: the functions are built from their own module's go.mod alone. lambda.norpc leaves out
# net/rpc, whose use of reflection keeps the linker from dropping dead code.
LAMBDA_BUILD = CGO_ENABLED=0 GOOS=linux GOARCH=arm64 GOWORK=off \
  go build -tags lambda.norpc -trimpath -buildvcs=false -ldflags "$(LDFLAGS)"

.PHONY: build
build: $(FUNCTIONS:%=build/%/bootstrap) ## Build the three functions for Lambda into build/
	@ls -l $^

.PHONY: $(FUNCTIONS:%=build/%/bootstrap)
$(FUNCTIONS:%=build/%/bootstrap): build/%/bootstrap:
	$(LAMBDA_BUILD) -o $@ ./functions/$*

# `sam build` calls build-<logical id> with the folder to fill in ARTIFACTS_DIR.
build-RequesterFunction: function = requester
build-IngesterFunction: function = ingester
build-JanitorFunction: function = janitor

.PHONY: build-RequesterFunction build-IngesterFunction build-JanitorFunction
build-RequesterFunction build-IngesterFunction build-JanitorFunction:
	$(LAMBDA_BUILD) -o "$(ARTIFACTS_DIR)/bootstrap" ./functions/$(function)

##@ Clean

.PHONY: clean
clean: ## Remove what was built and the installed tools; the state of `make run` stays
	rm -rf build .tools .aws-sam
