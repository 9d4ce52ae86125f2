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
# The slowest come first, so that the others run beside them.
PACKAGES  := ./cmd/bellhop/internal/sim ./cmd/bellhop/internal/bench ./... ./cmd/bellhop/...

# A tag is v0.1.0, and the version in it 0.1.0.
VERSION ?= $(patsubst v%,%,$(shell git describe --always --dirty --tags 2>/dev/null || echo dev))
LDFLAGS := -s -w -X main.version=$(VERSION)

export REQUIRE_REAL ?=

# How many inputs each fuzz target gets. A count and not a time: at the end of a -fuzztime in seconds the toolchain of
# this Go release can fail for no reason (golang/go#75804).
FUZZTIME ?= 10000x

##@ Use

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-zA-Z][a-zA-Z-]*:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: export BELLHOP_HOME ?= $(CURDIR)/.bellhop
run: build/bellhop ## Play the whole life of reports on this machine; state stays in .bellhop or $BELLHOP_HOME
	@exec build/bellhop local run

.PHONY: build/bellhop
build/bellhop:
	@[[ -e $@ ]] || echo "building bellhop (the first build takes a minute or two)"
	@go build -ldflags "$(LDFLAGS)" -o $@ ./cmd/bellhop

# Below what the tool, its manual pages and the shells' completions are installed. DESTDIR is for those who make packages.
PREFIX  ?= $(HOME)/.local
DESTDIR ?=
SHARE    = $(DESTDIR)$(PREFIX)/share

.PHONY: install
install: build/bellhop ## Install the tool, its manual pages and completions below PREFIX (default ~/.local)
	@install -d "$(DESTDIR)$(PREFIX)/bin" "$(SHARE)/bash-completion/completions" "$(SHARE)/zsh/site-functions" "$(SHARE)/fish/vendor_completions.d"
	install -m 755 build/bellhop "$(DESTDIR)$(PREFIX)/bin/bellhop"
	@build/bellhop man -o "$(SHARE)/man/man1" >/dev/null
	@build/bellhop completion bash >"$(SHARE)/bash-completion/completions/bellhop"
	@build/bellhop completion zsh >"$(SHARE)/zsh/site-functions/_bellhop"
	@build/bellhop completion fish >"$(SHARE)/fish/vendor_completions.d/bellhop.fish"
	@case ":$$PATH:" in *":$(PREFIX)/bin:"*) ;; *) echo "$(PREFIX)/bin is not on your PATH" >&2;; esac

##@ Check

.PHONY: check
check: lint template-lint sam-validate template-validate checkov tidy-check build sam-build release-snapshot readers fuzz-smoke crash test ## Everything that has to pass before a change is merged

.PHONY: test
test: ## Test both modules with the race detector, in random order
	@# SQLite is C in the form of Go: watching its every access makes the tests of the machine half as fast, and tells nothing.
	@dynamodb=$$(tools/install dynoxide); account=$$(tools/install moto); tools/install python >/dev/null; \
	tools/install axe >/dev/null; tools/install chromium >/dev/null; \
	race='-race -gcflags=modernc.org/...=-race=false'; \
	if ! command -v "$$(go env CC | cut -d' ' -f1)" >/dev/null; then \
	  echo "SKIPPED race detector: it needs a C compiler, and there is no $$(go env CC)" >&2; \
	  [[ "$$REQUIRE_REAL" != 1 ]] || exit 1; race=; \
	fi; \
	BELLHOP_DYNOXIDE="$$dynamodb" BELLHOP_MOTO="$$account" go test $$race -shuffle=on -timeout 20m $(PACKAGES)

# Every STRIDE-th crash point; STRIDE=1 tries all. Without the race detector, which "make test" has for a part of them.
STRIDE ?= 29

.PHONY: crash
crash: ## Kill the functions at every STRIDE-th step of whole lives, and compare the datasets
	@# A life is on one processor, so two go on side by side: one kind of them, and all others.
	@kind='TestACrashAtAnyStepChangesNothing/one_file'; \
	try() { (set -x; BELLHOP_CRASH_STRIDE=$(STRIDE) go test -timeout 30m "$$@" ./cmd/bellhop/internal/sim); }; \
	try -run "$$kind" & beside=$$!; \
	status=0; try -run 'TestACrash|TestAFailureInPassing' -skip "$$kind" || status=$$?; \
	wait $$beside || status=$$?; exit $$status

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

TEMPLATES = template.yaml $(wildcard template/*.yaml)

# The tools that read the templates send nothing and fetch nothing: no telemetry, no look for newer versions, no rules
# from a vendor's server, no credentials from a machine's metadata.
QUIET = SAM_CLI_TELEMETRY=0 __SAM_CLI_APP_DIR="$(CURDIR)/.tools/sam" AWS_EC2_METADATA_DISABLED=true AWS_DEFAULT_REGION=us-east-1

.PHONY: template-lint
template-lint: ## Check all templates with cfn-lint and the serverless rules, hints included
	@linter=$$(tools/install cfn-lint); [[ -z "$$linter" ]] || \
	  (set -x; "$$linter" --include-checks I --append-rules cfn_lint_serverless.rules --template $(TEMPLATES) deployer.yaml)

.PHONY: sam-validate
sam-validate: ## Check template.yaml with the SAM CLI
	@sam=$$(tools/install sam); [[ -z "$$sam" ]] || (set -x; $(QUIET) "$$sam" validate --lint --config-file samconfig.example.toml)

.PHONY: template-validate
template-validate: ## Expand the templates as SAM does, check them with AWS's validator, and the queries in them as Athena's
	@python=$$(tools/install python); [[ -n "$$python" ]] || exit 0; mkdir -p build; set -x; \
	"$$python" tools/python/expand.py --alone template.yaml >build/template.json; \
	"$$python" tools/python/validate.py build/template.json template/*.yaml; \
	"$$python" tools/python/expand.py template.yaml >build/whole.json; \
	"$$python" tools/python/queries.py build/whole.json

.PHONY: checkov
checkov: ## Look for insecure settings in the templates; tools/checkov.yaml says what does not apply, and why
	@mkdir -p build
	@# It looks at what the defaults deploy. Once more with what has to be switched on.
	@sed "s/^    Default: 'false'$$/    Default: 'true'/; s/^    Default: essential$$/    Default: all/; s/^    Default: ParameterStore$$/    Default: SecretsManager/" \
	  template.yaml >build/everything.yaml
	@! cmp -s template.yaml build/everything.yaml
	@checkov=$$(tools/install checkov); [[ -z "$$checkov" ]] || for template in $(TEMPLATES) build/everything.yaml deployer.yaml; do \
	  (set -x; "$$checkov" --config-file tools/checkov.yaml --file $$template) || exit 1; \
	done

.PHONY: readers
readers: build/bellhop ## Read a dataset with pandas, pyarrow, polars, DuckDB and fastparquet, the oldest and the newest that are supported
	@for these in readers readers-oldest; do \
	  python=$$(tools/install $$these); [[ -z "$$python" ]] || (set -x; "$$python" -W ignore tools/python/readers.py build/bellhop) || exit 1; \
	done

.PHONY: dbt
dbt: export BELLHOP_HOME ?= $(CURDIR)/.bellhop
dbt: build/bellhop ## Build the project of "bellhop dbt init" with dbt and DuckDB, over the dataset of make run
	@dbt=$$(tools/install dbt); [[ -n "$$dbt" ]] || exit 0; rm -rf build/dbt; \
	build/bellhop dbt init build/dbt --dataset "$$BELLHOP_HOME/s3/bellhop-dataset"; \
	cd build/dbt; cp profiles.example.yml profiles.yml; export DO_NOT_TRACK=1 NO_COLOR=1; set -x; \
	"$$dbt" --no-version-check --warn-error-options '{"error": "all"}' --log-level-file none --log-level warn build --target duckdb

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

# PART chooses by name, comma-separated; figures is the one of package convert. QUICK=1 does a tenth of the work, for trying.
# ROUNDS is how many rounds the median is of; each part has a number of its own.
PART   ?=
QUICK  ?=
ROUNDS ?=

PARTS := figures,coldstart,size,convert,pipeline,ledger,pages

.PHONY: bench
bench: ## Measure bellhop against yardsticks in the same run, about 15 minutes; PART=coldstart, QUICK=1; see bench/README.md
	@server=$$(tools/install dynoxide); export BELLHOP_DYNOXIDE="$$server"; built=; \
	for part in $$(tr , ' ' <<<"$(or $(PART),$(PARTS))"); do \
	  case $$part in \
	    figures) go test -cpu 1 -timeout 20m -run '^$$' -bench '^BenchmarkFigures$$' -benchtime 1x ./pkg/convert -rounds $(or $(ROUNDS),$(if $(QUICK),1,7)); continue;; \
	    pages) tools/install chromium >/dev/null; go test -timeout 20m -run '^$$' -bench . -benchtime $(or $(ROUNDS),$(if $(QUICK),3,20))x ./cmd/bellhop/internal/console; continue;; \
	    coldstart) name=ColdStart rounds=45;; \
	    size) name=Size rounds=1;; \
	    convert) name=Convert rounds=7;; \
	    pipeline) name=Pipeline rounds=3;; \
	    ledger) name=Ledger rounds=30;; \
	    *) echo "no part is called $$part: choose among figures, coldstart, size, convert, pipeline, ledger and pages" >&2; exit 2;; \
	  esac; \
	  mkdir -p build; [[ -n $$built ]] || go test -c -o build/bench.test ./cmd/bellhop/internal/bench; built=1; \
	  rounds=$(or $(ROUNDS),$(if $(QUICK),$$(((rounds+2)/3)),$$rounds)); \
	  (cd cmd/bellhop/internal/bench && "$(CURDIR)/build/bench.test" -test.run '^$$' -test.bench "^Benchmark$$name$$" -test.benchtime $${rounds}x $(if $(QUICK),-test.short)); \
	done

##@ Deploy

# What Lambda runs. GOWORK=off: the functions are built from their own module's go.mod alone. lambda.norpc leaves out
# net/rpc, whose use of reflection keeps the linker from dropping dead code.
LAMBDA_BUILD = CGO_ENABLED=0 GOOS=linux GOARCH=arm64 GOWORK=off \
  go build -tags lambda.norpc -trimpath -buildvcs=false -ldflags "$(LDFLAGS)"

# Lambda's arm64, no library needed, stamped with the version.
LOOK_AT = BELLHOP_BUILT="$(CURDIR)/$(1)" BELLHOP_VERSION="$(VERSION)" \
  go test -count=1 -run TestWhatWasBuilt ./internal/architecture

.PHONY: build
build: $(FUNCTIONS:%=build/%/bootstrap) ## Build the three functions for Lambda into build/, and look at what came out
	@ls -l $^
	$(call LOOK_AT,build)

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

.PHONY: sam-build
sam-build: ## Build with the SAM CLI, and look at what came out
	@sam=$$(tools/install sam); [[ -n "$$sam" ]] || exit 0; set -x; \
	$(QUIET) VERSION="$(VERSION)" "$$sam" build --config-file samconfig.example.toml; \
	$(call LOOK_AT,.aws-sam/build)

.PHONY: generate
generate: ## Rewrite what template.yaml and the pages say after the code and the template
	go run ./internal/generate
	mkdir -p build && go run ./cmd/bellhop tables --markdown >build/dataset.md && mv build/dataset.md docs/dataset.md
	BELLHOP_HOME= go run ./cmd/bellhop man --markdown >build/cli.md && mv build/cli.md docs/cli.md
	go test ./cmd/bellhop/internal/sim -run TestThePageOfHostileFilesIsFresh -rewrite
	go test ./cmd/bellhop/internal/cli -run TestTheBillInTheDocsIsFresh -rewrite

.PHONY: picture
picture: build/bellhop ## Draw the pictures of the pages from a run of the demonstration
	tools/picture

##@ Release

# As long as nothing else is asked for, only what is for this machine and for Lambda.
ALL ?=

.PHONY: release-snapshot
release-snapshot: ## Make what a release consists of in build/dist, and look at it; ALL=1 for all machines
	@goreleaser=$$(tools/install goreleaser); [[ -n "$$goreleaser" ]] || exit 0; \
	export PATH="$(CURDIR)/.tools:$$PATH" VERSION="$(VERSION)" $(if $(ALL),,ONLY_HERE=1); set -x; \
	"$$goreleaser" release --snapshot --clean --skip=publish,docker --parallelism=2; \
	BELLHOP_RELEASED="$(CURDIR)/build/dist" BELLHOP_VERSION="$(VERSION)" go test -count=1 -run TestWhatIsReleased ./internal/architecture

##@ Clean

.PHONY: clean
clean: ## Remove what was built and the installed tools; the state of `make run` stays
	rm -rf build .tools .aws-sam
