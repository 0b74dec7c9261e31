# `make` or `make help` lists the targets. Variables: PORT=…, PYTHON=….
SHELL := /bin/sh
PORT ?= 8000
export PYTHON
bin := .venv/bin
# The commands after it find the Node.js that scripts/setup uses.
with_node := . scripts/node-path.sh &&

.DEFAULT_GOAL := help
.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z][a-z-]*:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Try it

.PHONY: up down reset
up: ## Install and run the portal with demo missions on http://127.0.0.1:8000 (PORT=…; MONITORING=1: with Prometheus)
	@echo "Starting Halocline"
	@scripts/setup localdev
	@exec $(bin)/halocline up --port $(PORT) $(if $(MONITORING),--monitoring)

down: ## Stop the processes of `make up`, also after a crash
	@if [ -x $(bin)/halocline ]; then exec $(bin)/halocline down; else echo "Nothing was running."; fi

reset: down ## Stop and delete the data of `make up`
	@rm -rf .halocline

##@ Develop

.PHONY: dev setup develop format screenshots dashboard-pictures generate requirements
dev: develop ## The portal with auto-reload and a debug toolbar (PORT=…; PROFILE=1: a profile of each request instead)
	@exec $(bin)/halocline dev --port $(PORT) $(if $(PROFILE),--profile)

setup: ## Prepare only .venv and the front end
	@scripts/setup localdev

# The same with development tools; every target that needs them depends on it.
develop:
	@scripts/setup dev

format: develop ## Format Python, scripts, styles and templates
	@$(bin)/ruff format .
	@$(bin)/ruff check --fix .
	@$(with_node) npm run --silent format
	@$(bin)/djlint app/templates --reformat --quiet

screenshots: develop ## Retake the README's screenshots with Chromium (docs/img)
	@CI=true HALOCLINE_SCREENSHOTS=1 $(bin)/python -m pytest tests/e2e/browser -q -k every_page
	@mkdir -p docs/img
	@cp build/screenshots/landing-1440.png docs/img/landing.png
	@cp build/screenshots/map-1440.png docs/img/map.png
	@cp build/screenshots/statistics-1440.png docs/img/statistics.png
	@cp build/screenshots/mission-1440.png docs/img/mission.png
	@cp build/screenshots/mission-390.png docs/img/phone.png

PROMETHEUS ?= http://127.0.0.1:9090
NAMESPACE ?= halocline
dashboard-pictures: develop ## Draw the dashboards with the data of PROMETHEUS=URL NAMESPACE=… into docs/img (ONLY=…, MINUTES=60, END=TIME)
	@$(with_node) $(bin)/python -m monitoring.pictures --prometheus $(PROMETHEUS) --namespace $(NAMESPACE) \
	  $(if $(ONLY),--only $(ONLY)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SCRAPE_S),--scrape-seconds $(SCRAPE_S)) $(if $(END),--end $(END))

generate: develop ## Regenerate alert rules and dashboards from monitoring/
	@$(bin)/python -m monitoring.generate

requirements: ## Pin the current Python packages of every role, with hashes (needs uv)
	@requirements/compile

##@ Check

.PHONY: test coverage check static lint types layers manifests rules
test: develop ## All tests without a cluster: unit, integration on real servers, guards, browser (SLOW=1: slow ones too)
	@$(with_node) npm run --silent test
	@$(bin)/python -m pytest -n auto --dist worksteal $(if $(SLOW),,-m "not slow")

coverage: develop ## Branch coverage of app/ by all tests and their processes; fails below the floor in pyproject.toml
	@scripts/coverage

check: static test ## All checks that CI runs before it starts a cluster (SLOW=1: slow tests too)

static: lint types layers manifests rules ## The static checks: the five targets below

lint: develop ## Formatting and lint rules: ruff, eslint, prettier and djlint
	@$(bin)/ruff format --check .
	@$(bin)/ruff check .
	@$(with_node) npm run --silent lint
	@$(bin)/djlint app/templates --check --lint

types: develop ## mypy: strict, tests not strict
	@$(bin)/mypy

layers: develop ## Layers import only lower layers (import-linter)
	@$(bin)/lint-imports --no-logo

manifests: $(if $(OVERLAY),,develop) ## Check the Dockerfiles and the Kubernetes manifests (OVERLAY=production: print that overlay)
	@$(if $(OVERLAY),PATH="$$PWD/$(bin):$$PATH" kubectl kustomize deploy/k8s/overlays/$(OVERLAY),\
	  $(bin)/hadolint Dockerfile tests/e2e/cluster/edge/Dockerfile && PATH="$$PWD/$(bin):$$PATH" scripts/manifests)

rules: develop ## Check alert rules, dashboards and routing (promtool and amtool from PATH; SLOW=1: all rule tests)
	@$(bin)/python -m monitoring.check $(if $(SLOW),--slow)

##@ Load

SHAPE ?= smoke
TARGET ?= http://127.0.0.1:8000
.PHONY: load
load: develop ## Load test of TARGET=… with SHAPE=smoke|steady|soak|rollout|stairs|spike|breakpoint; see docs/load-tests.md
	@$(bin)/locust -f loadtest/locustfile.py --headless --only-summary --host $(TARGET) --shape $(SHAPE) \
	  $(if $(USERS),--users $(USERS)) $(if $(RUN_TIME),--run-time $(RUN_TIME))

##@ Measure

.PHONY: bench bench-cluster profile
bench: develop ## Measure the aims, write docs/performance.md (an hour; SHORT=1: 90 s, writes nothing; ONLY=…, GROUP=…)
	@$(bin)/python -m bench $(if $(SHORT),--short) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(GROUP),--group $(GROUP)) \
	  $(foreach name,$(ONLY),--only $(name))
	@$(bin)/python -m bench.capacity.growth

bench-cluster: develop ## Measure the aims of the cluster on the current kubectl context (IMAGE=…): 40 minutes
	@IMAGE=$(IMAGE) $(bin)/python -m bench --group cluster --seconds 3 $(if $(ROUNDS),--rounds $(ROUNDS)) \
	  $(foreach name,$(ONLY),--only $(name))

profile: develop ## Flame graphs of the hot paths, into build/profile (ONLY="warm landing mission missions ingest")
	@$(bin)/python -m bench.profiling $(ONLY)

##@ Image and cluster

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
IMAGE ?= halocline:$(VERSION)
ENGINE ?= $(firstword $(notdir $(shell command -v docker podman 2>/dev/null)))
# What the scripts of the image read.
with_engine = BASE="$(BASE)" ENGINE="$(or $(ENGINE),$(error Neither docker nor podman is on PATH))"
.PHONY: image image-size reproduce release audit pin cluster-test
image: ## Build IMAGE=halocline:VERSION and halocline-ingest:VERSION (BASE=… another Python image, ENGINE=…; LOADTEST=1: a third one)
	@$(with_engine) IMAGE=$(IMAGE) LOADTEST=$(LOADTEST) scripts/image

image-size: ## Fail if the application layers of the web image IMAGE=… exceed 90 MB unpacked
	@$(with_engine) scripts/image-size $(IMAGE) 90

reproduce: ## Build both images twice without a cache and compare the digests of their layers: minutes
	@$(with_engine) scripts/reproduce

release: develop ## Images of REGISTRY=…, bills of materials and overlays as files, into build/release (PUSH=1: push, name digests)
	@$(with_engine) REGISTRY=$(REGISTRY) PUSH=$(PUSH) scripts/release

# --strict: a package that could not be looked up is a failure.
audit: ## Look up known vulnerabilities of the Python packages of both images (pip-audit; needs the network)
	@scripts/tools release
	@for role in web ingest; do \
	  build/release-tools/bin/pip-audit --requirement requirements/$$role.txt --require-hashes --disable-pip --strict || exit; \
	done

pin: ## Add the digests of third-party images to the manifests (needs a registry; ENGINE=docker or podman)
	@ENGINE=$(ENGINE) scripts/pin

# Uses the namespace halocline-lab exclusively and deletes it afterwards. HALOCLINE_CLUSTER_URL: address of the ingress,
# by default http://127.0.0.1:8080. The nodes must have both images, IMAGE and the same with -ingest before the tag, or be
# able to pull them.
cluster-test: develop ## Run the drills on the current kubectl context (IMAGE=…; FULL=1: the long form, an hour; SLOW=1)
	@IMAGE=$(IMAGE) FULL=$(FULL) $(bin)/python -m pytest tests/e2e/cluster -v --durations=20 $(if $(SLOW),,-m "not slow")
