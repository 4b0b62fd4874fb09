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
	$(BUILD) -buildvcs=auto -ldflags "$(LDFLAGS)" -o bin/xsh ./cmd/xsh

.PHONY: run
run: build ## open a session: a shell that stays when you leave it
	@echo "opening a session: Ctrl-\\ typed twice leaves it, exit ends it"
	@bin/xsh new; code=$$?; \
	echo "bin/xsh ls lists what still runs, bin/xsh attach comes back to it"; test $$code -lt 254

# Where make install puts things; DESTDIR goes in front, for packages.
PREFIX ?= $(HOME)/.local

.PHONY: install
install: build ## binary, man pages, completions and user units below PREFIX, ~/.local if not said
	@$(MAKE) --no-print-directory files BINARY=bin/xsh ROOT="$(DESTDIR)$(PREFIX)"
	@echo "installed below $(DESTDIR)$(PREFIX); put $(PREFIX)/bin into PATH if it is not there"

# What belongs to xsh, below ROOT: the binary BINARY, and what is made with bin/xsh.
.PHONY: files
files: build
	install -d "$(ROOT)/bin" "$(ROOT)/share/man/man1" "$(ROOT)/share/systemd/user" "$(ROOT)/share/bash-completion/completions" \
		"$(ROOT)/share/zsh/site-functions" "$(ROOT)/share/fish/vendor_completions.d"
	install -m 755 "$(BINARY)" "$(ROOT)/bin/xsh"
	SOURCE_DATE_EPOCH=$(EPOCH) bin/xsh help --man "$(ROOT)/share/man/man1"
	gzip -9nf "$(ROOT)"/share/man/man1/xsh*.1
	install -m 644 completions/xsh.bash "$(ROOT)/share/bash-completion/completions/xsh"
	install -m 644 completions/_xsh "$(ROOT)/share/zsh/site-functions/_xsh"
	install -m 644 completions/xsh.fish "$(ROOT)/share/fish/vendor_completions.d/xsh.fish"
	install -m 644 contrib/systemd/xsh.service contrib/systemd/xsh.socket "$(ROOT)/share/systemd/user/"

.PHONY: test
test: ## all tests, under the race detector where there is a C compiler
	@echo "testing $$(go list ./... | wc -l) packages; each says so when it is done, and the slowest takes minutes"
	@if $(HAVE_CC); then echo go test -race ./...; go test -race ./...; else \
	echo "there is no C compiler, which the race detector needs: testing without it"; CGO_ENABLED=0 go test ./...; fi

.PHONY: soak
soak: ## what takes long: servers killed, replaced and started together, again and again
	XSH_SOAK=1 go test -count 1 -timeout 40m ./cmd/xsh -run 'UnderLoad|WhileFlooded|StartedTogether|TypedTogether|OfAFlood|Standin|Soak'
	XSH_SOAK=1 go test -count 1 -timeout 20m ./cmd/xsh -run 'TestScript/(many_scripts|tmux_agent)$$'

.PHONY: check
check: compiler lint test selectors generated packaged ## what CI runs

.PHONY: compiler
compiler:
	@$(HAVE_CC) || { echo "make check needs a C compiler, for the race detector: install gcc or clang"; exit 1; }

.PHONY: selectors
selectors: ## the selectors' parser, held against Kubernetes' own
	go -C internal/selector/k8stest test ./...

.PHONY: conformance
conformance: ## the agents' protocol's own tests and its inspector look at xsh mcp; npx fetches them
	@command -v npx >/dev/null || { echo "the tests come from npm: install node with npm, for npx"; exit 1; }
	XSH_CONFORMANCE="npx -y @modelcontextprotocol/conformance@0.1.16" go test -count 1 -v ./internal/mcp -run TestConformance
	XSH_INSPECTOR="npx -y -p node@22 -p @modelcontextprotocol/inspector@2.12.0 -- mcp-inspector" \
	go test -count 1 -v ./cmd/xsh -run TestInspector

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

# Builds for others: each is the same bit for bit whoever makes it from a commit.
.PHONY: dist
dist: $(foreach p,linux-amd64 linux-arm64 darwin-amd64 darwin-arm64,dist/xsh-$(p)) ## release builds

dist/xsh-%: FORCE
	GOOS=$(word 1,$(subst -, ,$*)) GOARCH=$(word 2,$(subst -, ,$*)) \
	$(BUILD) -buildvcs=false -ldflags "-s -w -X main.linkedVersion=$(RELEASE)" -o $@ ./cmd/xsh

# What a package is called is a version that all of them take.
RELEASE := $(or $(VERSION),v0.0.0-$(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown))
EPOCH   := $(shell git log -1 --format=%ct 2>/dev/null || echo 0)

.PHONY: package
package: dist $(foreach a,amd64 arm64,package-linux-$(a)) $(foreach a,amd64 arm64,package-darwin-$(a)) ## deb, rpm, apk and tar.gz, with checksums
	cd dist && sha256sum xsh_*.deb xsh-*.rpm xsh_*.apk xsh-*.tar.gz > SHA256SUMS
	@ls dist

.PHONY: package-linux-% package-darwin-%
package-linux-%: tar-linux-%
	go build -modfile=tools/go.mod -o bin/nfpm github.com/goreleaser/nfpm/v2/cmd/nfpm
	for format in deb rpm apk; do ARCH=$* VERSION=$(RELEASE) ROOT=dist/root-linux-$* \
		SOURCE_DATE_EPOCH=$(EPOCH) bin/nfpm package -f packaging/nfpm.yaml -p $$format -t dist/ || exit 1; done

package-darwin-%: tar-darwin-%
	@:

.PHONY: packaged
packaged: ## packages installed into a fresh root, where what they have does what it is for
	@if command -v dpkg >/dev/null; then \
		rm -f dist/*.deb dist/*.rpm dist/*.apk; \
		$(MAKE) --no-print-directory package-linux-$(shell go env GOARCH) && \
		packaging/try.sh dist/*.deb dist/*.rpm dist/*.apk; \
	else echo "there is no dpkg here: no package was built and tried"; fi

# A tree below /usr, and an archive with the same things in a folder of its own.
tar-%: dist/xsh-%
	rm -rf dist/root-$*
	@$(MAKE) --no-print-directory files BINARY=dist/xsh-$* ROOT=dist/root-$*/usr VERSION=$(RELEASE)
	find dist/root-$* -exec touch -h -d @$(EPOCH) {} +
	tar --sort=name --mtime=@$(EPOCH) --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw,a-s \
		--transform 's,^usr,xsh-$(RELEASE)-$*,' -C dist/root-$* -cf - usr | gzip -9n > dist/xsh-$(RELEASE)-$*.tar.gz

.PHONY: FORCE clean help
FORCE:

clean:
	rm -rf bin dist

help:
	@sed -n 's/^\([a-z]*\):.*## /\1: /p' $(MAKEFILE_LIST)
