# What a person needs is run, test and install; CI runs check.

VERSION ?= $(shell git describe --tags --dirty 2>/dev/null)
LDFLAGS := $(if $(VERSION),-X main.linkedVersion=$(VERSION))
# A process sets up every package that it links before it begins, and an attach
# is felt: leave out what xsh does not use, which is grpc's request tracing and
# pkg/exec's side of a plugin process, and the machine code with which pictures are
# drawn faster, for which every command would ask what the processor can.
TAGS    := grpcnotrace,noplugin,noasm
BUILD   := CGO_ENABLED=0 go build -trimpath -tags $(TAGS)
TOOL    := go tool -modfile=tools/go.mod
HAVE_CC := set -- $$(go env CC); command -v "$$1" >/dev/null

.PHONY: build
build: ## bin/xsh, static
	@test -e bin/xsh || echo "building bin/xsh; the first time go fetches the libraries, which can take a minute"
	$(BUILD) -ldflags "$(LDFLAGS)" -o bin/xsh ./cmd/xsh

.PHONY: run
run: build ## open a session: a shell that stays when you leave it
	@echo "opening a session: Ctrl-\\ typed twice leaves it, exit ends it"
	@bin/xsh new; code=$$?; \
	echo "bin/xsh ls lists what still runs, bin/xsh attach comes back to it"; test $$code -lt 254

.PHONY: install
install: ## into $GOBIN, else $GOPATH/bin
	CGO_ENABLED=0 go install -trimpath -tags $(TAGS) -ldflags "$(LDFLAGS)" ./cmd/xsh

.PHONY: test
test: ## all tests, under the race detector where there is a C compiler
	@echo "testing $$(go list ./... | wc -l) packages; each says so when it is done, and the slowest takes minutes"
	@if $(HAVE_CC); then echo go test -race ./...; go test -race ./...; else \
	echo "there is no C compiler, which the race detector needs: testing without it"; CGO_ENABLED=0 go test ./...; fi

.PHONY: soak
soak: ## what takes long: servers killed, replaced and started together, again and again
	XSH_SOAK=1 go test -count 1 -timeout 40m ./cmd/xsh -run 'UnderLoad|StartedTogether|Soak'
	XSH_SOAK=1 go test -count 1 -timeout 20m ./cmd/xsh -run 'TestScript/many_scripts'

.PHONY: check
check: compiler lint test selectors generated ## what CI runs

.PHONY: compiler
compiler:
	@$(HAVE_CC) || { echo "make check needs a C compiler, for the race detector: install gcc or clang"; exit 1; }

.PHONY: selectors
selectors: ## the selectors' parser, held against Kubernetes' own
	go -C internal/selector/k8stest test ./...

.PHONY: lint
lint: ## formatting, vet and staticcheck, and that it compiles for macOS
	@files=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$files" || { echo "gofmt -w $$files"; exit 1; }
	go vet ./...
	go vet -tags $(TAGS) ./cmd/xsh
	go -C tools vet ./...
	go -C internal/selector/k8stest vet ./...
	$(TOOL) staticcheck ./...
	GOOS=darwin go build ./...
	GOOS=darwin go vet ./...

.PHONY: generated
generated: proto completions ## generated files are those that the sources give
	@changed=$$(git status --porcelain -- proto completions); \
	test -z "$$changed" || { echo "commit what was generated:"; echo "$$changed"; git diff -- proto completions; exit 1; }

.PHONY: proto
proto: ## the Go of proto/
	go -C tools build -o ../bin/protogen ./protogen
	bin/protogen proto

.PHONY: completions
completions: build ## the shells' completion scripts
	mkdir -p completions
	bin/xsh completion bash > completions/xsh.bash
	bin/xsh completion zsh > completions/_xsh
	bin/xsh completion fish > completions/xsh.fish
	bin/xsh completion powershell > completions/xsh.ps1

.PHONY: picture
picture: build ## the picture in the README, of a real session
	docs/picture.sh "$(CURDIR)/bin/xsh" docs/first-session.svg

.PHONY: bench
bench: build ## the figures that we promise, measured here
	go build -o bin/bench ./bench
	bin/bench -xsh bin/xsh
	go test -run '^$$' -bench AttachedThroughput -benchtime 5x ./pkg/exec
	go test -run '^$$' -bench AttachedEcho -benchtime 2000x ./pkg/exec

.PHONY: dist
dist: $(foreach p,linux-amd64 linux-arm64 darwin-amd64 darwin-arm64,dist/xsh-$(p)) ## release builds

dist/xsh-%: FORCE
	GOOS=$(word 1,$(subst -, ,$*)) GOARCH=$(word 2,$(subst -, ,$*)) \
	$(BUILD) -ldflags "-s -w $(LDFLAGS)" -o $@ ./cmd/xsh

.PHONY: FORCE clean help
FORCE:

clean:
	rm -rf bin dist

help:
	@sed -n 's/^\([a-z]*\):.*## /\1: /p' $(MAKEFILE_LIST)
