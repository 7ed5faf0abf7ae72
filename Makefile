# The commands of this project. Go and make are needed; images and containers need Docker,
# the cluster PostgreSQL's server. What a test lacks, it says, and is skipped.
#
#   make run          everything on this machine, and a first session (ONCE=1: end with it)
#   make test         all tests, end to end ones included
#   make lint         gofmt, replay fixtures, vet, staticcheck, Temporal's workflowcheck
#   make build        the binaries, in bin/
#   make image        the container image, for amd64 and arm64
#   make test-chart   the Helm chart: linted, rendered and validated; test-chart-pods runs its pods in Docker
#   make test-compose the image, and a whole session under Docker Compose
#   make simulated-image   simulated tenants and a mailbox in an image, to try the product in containers
#   make temporal     Temporal's own server, schema tool and Web UI, in bin/temporal/
#   make cluster      two integrations with two workers each, on PostgreSQL, until Ctrl-C
#   make test-cluster the tests of a cluster: workers, Temporal and PostgreSQL under faults
#   make bench        the benchmarks, as a table
#   make simulate     whole sessions in simulated worlds (SEED=n: one of them)
#   make fuzz         every fuzz test for FUZZTIME each
#   make release      archives, packages, SBOMs and checksums, in dist/ (RELEASE_PLATFORMS=linux/amd64)
#   make test-release the same twice: the same bytes; make test-systemd installs the packages
#   make mutate       mutation tests of the packages of rules (MUTATE=internal/saas: of one)
#   make clean        remove bin/; `make clean-data` removes var/, the local run's data

# One set of flags for build, test and vet: with others, the Temporal server's
# packages would be compiled once more, for minutes.
export CGO_ENABLED := 0
export GOTOOLCHAIN := local
export GOFLAGS     := -trimpath -buildvcs=false

# 0.1.0+1b1d90c: the last version, and the commit that is built; 0.2.0 for a commit
# that has the tag v0.2.0, unless files are changed.
RELEASED := $(shell cat VERSION)
COMMIT   := $(shell git describe --always --dirty --exclude '*' 2>/dev/null)
REVISION := $(shell git rev-parse --verify --quiet HEAD 2>/dev/null)
DATE     := $(shell TZ=UTC0 git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ 2>/dev/null)
TAG      := $(if $(filter-out %-dirty,$(COMMIT)),$(lastword $(shell git tag --points-at HEAD --sort=v:refname 'v[0-9]*' 2>/dev/null)))
VERSION  := $(or $(TAG:v%=%),$(RELEASED)$(if $(COMMIT),+$(COMMIT)))
LDFLAGS  := -s -w $(foreach x,version=$(VERSION) commit=$(REVISION) date=$(DATE),-X defendersync/internal/buildinfo.$(x))

BIN    := $(CURDIR)/bin
SERVER := $(BIN)/defendersync-local
UP     := $(BIN)/defendersync-up
TOOLS  := $(BIN)/tools

LOCAL_SOURCES := $(shell find deployments/local -name '*.go' -not -name '*_test.go') $(wildcard deployments/local/go.*)
GO_FOLDERS    := activities deployments internal starter worker workflows
FUZZTIME      ?= 20s
MUTATE        ?= $(wildcard internal/saas internal/watch internal/usersync internal/ratelimit internal/httpx internal/sessions internal/versions)

.DEFAULT_GOAL := build
.PHONY: build binaries run temporal cluster test-cluster image test test-chart test-chart-pods lint bench simulate fuzz mutate clean clean-data simulated-image test-compose release test-systemd test-release
.DELETE_ON_ERROR:

## build: every binary. The Temporal server is built again only when its sources change.
build: binaries $(UP) $(SERVER)

binaries:
	@mkdir -p $(BIN)
	go build -ldflags '$(LDFLAGS)' -o $(BIN)/defendersync ./starter
	go build -ldflags '$(LDFLAGS)' -o $(BIN)/defendersync-worker ./worker
	go build -ldflags '$(LDFLAGS)' -o $(BIN)/defendersync-tenants ./internal/testing/simulator/cmd/tenants

# What make run runs. It has nothing of the Temporal server, so that it is built in seconds.
$(UP): $(LOCAL_SOURCES)
	@mkdir -p $(BIN)
	cd deployments/local && go build -ldflags '-s -w' -o $@ ./up

$(SERVER): $(LOCAL_SOURCES) | $(UP)
	@cd deployments/local && $(UP) --build $@

# Temporal's own programs, as a cluster runs them, at the versions that go.mod of
# deployments/local pins: the packages that both need are compiled once.
TEMPORAL := $(BIN)/temporal
TEMPORAL_PROGRAMS := \
	temporal-server=go.temporal.io/server/cmd/server \
	temporal-sql-tool=go.temporal.io/server/cmd/tools/sql \
	temporal-ui-server=github.com/temporalio/ui-server/v2/cmd/server

## temporal: built again only when the versions change.
temporal: $(TEMPORAL)/.built

$(TEMPORAL)/.built: deployments/local/go.mod deployments/local/go.sum
	@mkdir -p $(TEMPORAL)
	@for program in $(TEMPORAL_PROGRAMS); do \
		echo "building $${program%%=*}"; \
		(cd deployments/local && go build -ldflags '-s -w' -o $(TEMPORAL)/$${program%%=*} $${program#*=}) || exit 1; \
	done
	@touch $@

# The image's name and tag; VERSION has a +, which tags can't have.
IMAGE     ?= defendersync
IMAGE_TAG ?= $(RELEASED)
PLATFORMS ?= amd64 arm64
EPOCH     := $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
ROOTFS    := $(TOOLS)/image

## image: the container image of each platform, tagged with the platform; the one of
## this machine's processors is tagged without it as well.
image: $(addprefix image-,$(PLATFORMS))
	docker tag $(IMAGE):$(IMAGE_TAG)-$$(go env GOARCH) $(IMAGE):$(IMAGE_TAG)

image-%: $(ROOTFS)
	@mkdir -p $(BIN)/linux-$*
	GOOS=linux GOARCH=$* go build -ldflags '$(LDFLAGS)' -o $(BIN)/linux-$*/defendersync ./starter
	GOOS=linux GOARCH=$* go build -ldflags '$(LDFLAGS)' -o $(BIN)/linux-$*/defendersync-worker ./worker
	$(ROOTFS) -root $(BIN)/image/linux-$* -time $(EPOCH) $(BIN)/linux-$*/defendersync $(BIN)/linux-$*/defendersync-worker
	@docker buildx version >/dev/null 2>&1 || $(ROOTFS) -empty $* -tag $(IMAGE)-empty:$* | docker load
	docker build --platform linux/$* --build-arg TARGETARCH=$* --build-arg VERSION='$(VERSION)' \
		--build-arg REVISION='$(REVISION)' --build-arg CREATED='$(DATE)' \
		$$(docker buildx version >/dev/null 2>&1 || echo --build-arg BASE=$(IMAGE)-empty:$*) --tag $(IMAGE):$(IMAGE_TAG)-$* .
	@docker image rm $(IMAGE)-empty:$* >/dev/null 2>&1 || true

## simulated-image: simulated tenants and a mailbox, for trying the product in containers
## on this machine.
simulated-image: $(ROOTFS)
	@mkdir -p $(BIN)/simulated $(BIN)/image/nothing
	GOOS=linux go build -ldflags '-s -w' -o $(BIN)/simulated/defendersync-tenants ./internal/testing/simulator/cmd/tenants
	cd deployments/local && GOOS=linux go build -ldflags '-s -w' -o $(BIN)/simulated/mailbox ./mailbox/cmd/mailbox
	$(ROOTFS) -root $(BIN)/image/simulated-linux-$$(go env GOARCH) -time $(EPOCH) $(BIN)/simulated/defendersync-tenants $(BIN)/simulated/mailbox
	docker build --build-arg TARGETARCH=$$(go env GOARCH) --file deployments/compose/simulated.Dockerfile --tag $(IMAGE)-simulated:$(IMAGE_TAG) .

## test-compose: the image, and a whole session in containers of deployments/compose.
## The images that it builds have a name of their own and are removed.
test-compose: temporal
	@docker version >/dev/null 2>&1 || { echo "test-compose is skipped: there is no Docker"; exit 0; }; \
	name=defendersync-test-$$$$; \
	$(MAKE) image simulated-image IMAGE=$$name >$(BIN)/test-compose.log 2>&1 || { tail -n 30 $(BIN)/test-compose.log; exit 1; }; \
	DEFENDERSYNC_TEST_IMAGE=$$name:$(IMAGE_TAG) DEFENDERSYNC_TEST_SIMULATED=$$name-simulated:$(IMAGE_TAG) \
		DEFENDERSYNC_TEST_TEMPORAL=$(TEMPORAL) go test -count=1 -timeout 30m $(COMPOSE_TEST) ./internal/testing/compose/...; \
	code=$$?; docker image rm $$(docker image ls --format '{{.Repository}}:{{.Tag}}' --filter reference="$$name*") >/dev/null; exit $$code

## test-chart-pods: the pods of the Helm chart as containers, through a session.
test-chart-pods: build
	@docker version >/dev/null 2>&1 || { echo "test-chart-pods is skipped: there is no Docker"; exit 0; }; \
	name=defendersync-chart-$$$$; architecture=$$(go env GOARCH); \
	$(MAKE) image PLATFORMS=$$architecture IMAGE=$$name >$(BIN)/test-chart-pods.log 2>&1 || { tail -n 30 $(BIN)/test-chart-pods.log; exit 1; }; \
	(cd deployments/helm/charttest && DEFENDERSYNC_TEST_IMAGE=$$name:$(IMAGE_TAG) DEFENDERSYNC_BIN=$(BIN) DEFENDERSYNC_LOCAL=$(SERVER) \
		go test -count=1 -mod=mod -vet=off -ldflags='-s -w' -timeout 20m -run TestThePodsRun -v .); \
	code=$$?; docker image rm --force $$(docker image ls --format '{{.Repository}}:{{.Tag}}' --filter reference="$$name*") >/dev/null; exit $$code

$(ROOTFS): $(wildcard deployments/image/*.go deployments/image/go.*)
	@mkdir -p $(TOOLS)
	cd deployments/image && go build -o $@ .

CLUSTER := DEFENDERSYNC_BIN=$(BIN) DEFENDERSYNC_TEMPORAL=$(TEMPORAL) DEFENDERSYNC_CLUSTER=$(CURDIR)/deployments/cluster

## cluster: needs PostgreSQL's server to be installed, and says so.
cluster: binaries temporal
	@mkdir -p $(TOOLS)
	@go build -o $(TOOLS)/cluster ./internal/testing/cluster/cmd/cluster
	@$(CLUSTER) $(TOOLS)/cluster

## test-cluster: minutes. CLUSTER_SEED=n strikes at other moments.
test-cluster: binaries temporal
	$(CLUSTER) go test -count=1 -timeout 30m -v ./internal/testing/cluster

## run: the whole product on this machine; settings come from the environment and .env.
## The Temporal server is built only if it will be used.
run: binaries $(UP)
	@server=$$($(UP) --which) || exit; [ $$server != own ] || $(MAKE) --no-print-directory $(SERVER)
	@$(UP) $(if $(filter-out 0 no false,$(ONCE)),--once)

## test: unit, workflow, replay and end to end tests.
test: build
	DEFENDERSYNC_BIN=$(BIN) DEFENDERSYNC_LOCAL=$(SERVER) go test -p 2 -timeout 25m ./...
	cd deployments/local && go test -p 2 -timeout 5m -vet=off -ldflags='-s -w' ./...
	cd deployments/image && go test ./...
	cd deployments/grafana && go test ./...
	cd internal/testing/compose/standards && go test ./...

## test-chart: a module of its own, since Helm and Kubernetes' types take minutes to
## compile the first time, and seconds from then on. Its go.mod follows the product's.
## No results from the cache, which does not see changes outside of the module.
test-chart:
	cd deployments/helm/charttest && go test -count=1 -mod=mod -vet=off -ldflags='-s -w' -timeout 10m ./...

# ST1005 forbids errors that begin with a capital, as those about Defender and
# Oomnitza do.
STATICCHECK := $(TOOLS)/staticcheck -checks inherit,-ST1005

# vet and staticcheck look through all dependencies of what they check, which
# takes minutes for the Temporal server's: the package that embeds it is left to
# the compiler and its tests.
lint: $(TOOLS)/.built
	@files=$$(gofmt -l $(GO_FOLDERS)); if [ -n "$$files" ]; then echo "not formatted (run gofmt -w):"; echo "$$files"; exit 1; fi
	.ci/fixtures
	go vet ./...
	$(STATICCHECK) ./...
	$(TOOLS)/workflowcheck -test=false -config .ci/workflowcheck.yaml ./workflows/...
	cd deployments/local && go vet ./localrun ./mailbox ./serverbuild ./up && $(STATICCHECK) ./localrun ./mailbox ./serverbuild ./up
	cd deployments/image && go vet ./... && $(STATICCHECK) ./...
	cd deployments/grafana && go vet ./... && $(STATICCHECK) ./...
	cd internal/testing/compose/standards && go vet ./... && $(STATICCHECK) ./...

$(TOOLS)/.built: .ci/tools/go.mod .ci/tools/go.sum
	@mkdir -p $(TOOLS)
	cd .ci/tools && go build -o $(TOOLS)/ tool
	@touch $@

## bench: the table of docs; takes minutes, see its own help for single rows.
bench: build
	DEFENDERSYNC_BIN=$(BIN) DEFENDERSYNC_LOCAL=$(SERVER) go run ./internal/testing/bench $(BENCH)

## simulate: ten thousand sessions in worlds drawn from seeds. SEED, LESS and STORY
## look at one world, FROM and SESSIONS choose others.
simulate:
	@mkdir -p $(TOOLS)
	@go build -o $(TOOLS)/simulate ./internal/testing/simulate/cmd/simulate
	@$(TOOLS)/simulate

## fuzz: go test can fuzz one test at a time only.
fuzz:
	@for package in $$(go list ./...); do \
		for name in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$name"; \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

## mutate: changes one operator at a time and runs the package's own tests. At least
## 90 % of the mutants that a test reaches have to make one fail. Go's coverage has no
## counters in constants and in the expressions of cases, so these, which are up to 18 %
## of a package's, are taken for not reached: at least 80 % have to be. Test results
## must not come from the cache: the first run sets the time limit.
mutate: $(TOOLS)/.built
	@for package in $(MUTATE); do \
		echo "$$package"; \
		GOFLAGS="$(GOFLAGS) -count=1" nice $(TOOLS)/gremlins unleash --workers 1 --timeout-coefficient 4 \
			--output-statuses lct --threshold-efficacy 90 --threshold-mcover 80 ./$$package || exit 1; \
	done

# dist/, and for which platforms it is filled.
RELEASE_PLATFORMS ?= linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64,windows/arm64
RELEASE_TOOLS := $(TOOLS)/release
DIST          ?= $(CURDIR)/dist
RELEASE_FLAGS := -root $(CURDIR) -out $(DIST) -tools $(RELEASE_TOOLS) -released $(RELEASED) -version $(VERSION) -date "$(DATE)" -ldflags '$(LDFLAGS)'

## release: everything that a release consists of, in dist/.
release: $(RELEASE_TOOLS)/.built
	$(RELEASE_TOOLS)/release $(RELEASE_FLAGS) -platforms $(RELEASE_PLATFORMS)

## test-release: makes the release twice, elsewhere and otherwise: the same bytes. COLD=1:
## the second time without anything compiled before.
test-release: $(RELEASE_TOOLS)/.built
	cd .ci/release && go vet . && go test .
	.ci/release/twice $(RELEASE_PLATFORMS) $(RELEASE_TOOLS)

## test-systemd: installs the packages on a machine that runs systemd, in a container,
## and runs the product there. Skips that, and says so, without Docker or debootstrap.
test-systemd: build $(RELEASE_TOOLS)/.built
	$(RELEASE_TOOLS)/release $(RELEASE_FLAGS) -out $(BIN)/packages -platforms linux/$$(go env GOARCH)
	DEFENDERSYNC_DIST=$(BIN)/packages DEFENDERSYNC_SYSTEMD_TAR=$(BIN)/systemd.tar DEFENDERSYNC_BIN=$(BIN) DEFENDERSYNC_LOCAL=$(SERVER) \
		go test -count=1 -timeout 15m -v ./internal/testing/systemd

$(RELEASE_TOOLS)/.built: $(wildcard .ci/release/*.go) .ci/release/go.mod .ci/release/go.sum
	@mkdir -p $(RELEASE_TOOLS)
	cd .ci/release && go build -o $(RELEASE_TOOLS)/ tool && go build -o $(RELEASE_TOOLS)/release .
	@touch $@

clean:
	rm -rf $(BIN) dist coverage.out

clean-data:
	rm -rf var
