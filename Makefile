# Run `make` or `make help` for the list. PORT=… and PYTHON=… may be given.
SHELL := /bin/sh
PORT ?= 8000
export PYTHON
bin := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z][a-z-]*:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Try it

.PHONY: up down reset
up: ## From nothing to a working portal with demo missions on http://127.0.0.1:8000 (PORT=…)
	@echo "Starting Halocline"
	@scripts/setup trial
	@exec $(bin)/halocline up --port $(PORT)

down: ## Stop what `make up` runs or left behind
	@if [ -x $(bin)/halocline ]; then exec $(bin)/halocline down; else echo "Nothing was running."; fi

reset: down ## Stop and delete the data of `make up`
	@rm -rf .halocline

##@ Develop

.PHONY: setup requirements
setup: ## Prepare only .venv and the front end
	@scripts/setup trial

requirements: ## Pin the Python packages of every role anew, with hashes (needs uv)
	@requirements/compile

##@ Check

.PHONY: develop test check format lint types layers manifests rules
develop:
	@scripts/setup dev

test: develop ## Everything that needs no cluster: unit, integration on real servers, guards, browser
	@$(bin)/python -m pytest -n auto

check: lint types layers manifests rules test ## What CI runs before it starts a cluster

format: develop ## Format the Python code
	@$(bin)/ruff format .
	@$(bin)/ruff check --fix .

lint: develop ## Formatting, ruff, hadolint
	@$(bin)/ruff format --check .
	@$(bin)/ruff check .

types: develop ## mypy, strict
	@$(bin)/mypy

layers: develop ## Imports point down and never sideways
	@$(bin)/lint-imports

manifests: develop ## Kubernetes manifests build and fit their schemas

rules: develop ## Alert rules, promtool tests, dashboards as generated
