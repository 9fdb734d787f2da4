# Two commands do everything on a fresh machine: `make up` and `make test`.
# `make help` lists the others.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MARK := $(VENV)/.installed

# Two tests for each core: most of what they do is wait.
SIDE_BY_SIDE := -n auto --dist worksteal
# For tests beside those on a real node, whose pods need a core.
FEWER_SIDE_BY_SIDE := -n 2 --dist worksteal
FAST := tests/unit tests/contracts tests/architecture

.PHONY: help up down test test-fast test-apart test-rest test-real check check-pages bench chaos kills soak faults dashboard images images-without-docker schema settings reference version release release-prepare release-publish lock clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 24

up: $(MARK) ## Start everything: a Kubernetes if there is none, the database, the API
	@$(BIN)/python -m app.local up $(if $(NODES),--nodes $(NODES))

down: $(MARK) ## Undo `make up`
	@$(BIN)/python -m app.local down

# Types are checked on one core, and pages mostly on the other.
test: $(MARK) ## Install what is needed and run the whole suite
	@$(MAKE) --no-print-directory --jobs=2 check check-pages
	@$(BIN)/python -m app.local.cluster tools
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) --durations=20

test-fast: $(MARK) ## The tests that need no server, no browser and no cluster (about a minute)
	@$(BIN)/python -m pytest -q $(SIDE_BY_SIDE) $(FAST) \
	  -m "not (real or cluster or database or browser or slow)"

# The two halves of the tests of `make test`.
test-apart: $(MARK) ## Those that need nothing of the machine but CPU, and may run beside others
	@$(BIN)/python -m app.local.cluster tools
	@$(BIN)/python -m pytest $(FEWER_SIDE_BY_SIDE) --durations=20 -m "apart and not real"

test-rest: $(MARK) ## Those that need a local cluster, a browser, or more of the machine
	@$(BIN)/python -m app.local.cluster tools
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) --durations=20 -m "not apart and not real"

# ENGINE=medusa or ENGINE=woocommerce chooses the engine whose shops are bought in; both otherwise.
test-real: $(MARK) ## Stores whose pods truly run, on a node of this machine (Debian, root)
	@$(BIN)/python -m tests.real
	@$(BIN)/python -m pytest -m real tests/real

check: $(MARK) ## Linters and type checker
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

check-pages: $(MARK) ## Linters, types, tests and size of the pages
	@$(BIN)/python -m app.local.frontend test

bench: $(MARK) ## Measure, as ratios within one run; writes tests/bench/RESULTS.md
	@$(BIN)/python -m tests.bench

chaos: $(MARK) ## Kill everything at random moments, 200 times (about 20 minutes)
	@$(BIN)/python -m tests.chaos

kills: $(MARK) ## Kill what runs during backups and restores of a shop, in 100 rounds (about 20 minutes)
	@$(BIN)/python -m tests.kills

soak: $(MARK) ## Two replicas, 500 stores, 1,000 subscribers and a kill a minute (about 12 minutes)
	@$(BIN)/python -m tests.soak

faults: $(MARK) ## A full disk, then a lock that is held: ten minutes of each
	@$(BIN)/python -m tests.faults disk-full
	@$(BIN)/python -m tests.faults lock-held

dashboard: $(MARK) ## Build the pages
	@$(BIN)/python -m app.local.frontend build

# IMAGE_BASES: such as --build-arg PYTHON_IMAGE=…@sha256:…; the Dockerfiles name each base.
images: ## Build the container images (needs Docker)
	docker build $(IMAGE_BASES) --target api --tag store-platform/api:0.1.0 .
	docker build $(IMAGE_BASES) --target dashboard --tag store-platform/dashboard:0.1.0 .
	docker build $(IMAGE_BASES) --build-arg WOOCOMMERCE_SHA256 --tag store-platform/woocommerce:7.1-woocommerce10.7.0 charts/woocommerce/image
	docker build $(IMAGE_BASES) --file charts/medusa/image/Dockerfile --target server --tag store-platform/medusa:2.21.2 charts/medusa
	docker build $(IMAGE_BASES) --file charts/medusa/image/Dockerfile --target storefront --tag store-platform/medusa-storefront:0.1.0 charts/medusa

images-without-docker: $(MARK) ## Make those of the platform and of Medusa (Debian, root), and list their archives
	@$(BIN)/python -m app.local.images store-platform medusa

schema: $(MARK) ## Write schema/schema.graphql
	@$(BIN)/python -m app schema > schema/schema.graphql

settings: $(MARK) ## Write docs/settings.md
	@$(BIN)/python -m app settings > docs/settings.md

reference: $(MARK) ## Write docs/storectl.md
	@$(BIN)/python -m app.storectl.reference > docs/storectl.md

# The charts' READMEs and snapshots show the version too.
version: $(MARK) ## Write VERSION=X.Y.Z everywhere
	@$(BIN)/python -m app.local.release version $(VERSION)
	@$(BIN)/python -m tests.charts.value_tables
	@$(BIN)/python -m tests.charts.snapshots

# docs/releasing.md explains these. REGISTRY: such as ghcr.io/example. DRY_RUN=1 prints the commands only.
RELEASING = $(VERSION) $(if $(REGISTRY),--registry $(REGISTRY)) $(if $(DRY_RUN),--dry-run)

release: $(MARK) ## Prepare VERSION=X.Y.Z, then publish it from this machine
	@$(BIN)/python -m app.local.release all $(RELEASING)

release-prepare: $(MARK) ## Date the changelog of VERSION=X.Y.Z, commit that and tag it
	@$(BIN)/python -m app.local.release prepare $(RELEASING)

release-publish: $(MARK) ## Publish VERSION=X.Y.Z, whose tag is checked out
	@$(BIN)/python -m app.local.release from-tag $(RELEASING)

lock: $(MARK) ## Resolve the dependencies again
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --custom-compile-command "make lock" --upgrade pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --custom-compile-command "make lock" --upgrade --extra dev --extra mcp pyproject.toml \
	  -c requirements.lock -o requirements-dev.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --custom-compile-command "make lock" --upgrade tests/policy/requirements.in \
	  -o tests/policy/requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --custom-compile-command "make lock" --upgrade app/local/release/requirements.in \
	  -o app/local/release/requirements.lock

clean: ## Remove what was installed and built here
	rm -rf $(VENV) dashboard/node_modules dashboard/dist

$(MARK): requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; name one with: make PYTHON=python3.12 …")'
	@echo "Installing the Python packages into $(VENV) (about half a minute) …"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock
	@touch $@
