# The door to everything: set-up is scripts/setup.sh, the bundle cargo xtask, the rest the sluice program itself.

# Queries are checked against .sqlx; DATABASE_URL is for running, never for building.
export SQLX_OFFLINE := true
# Where the Rust installer puts cargo, for shells that were started before.
export PATH := $(PATH):$(HOME)/.cargo/bin

.DEFAULT_GOAL := help
.PHONY: help run test check mutants bench bundle sqlx fmt

help: ## Show this list.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

run: ## Install what is missing, build, start Sluice with the demo workspace. Ctrl-C stops it.
	@bash scripts/setup.sh run
	@echo "Building Sluice: about ten minutes the first time on two cores, then seconds."
	@cargo build --locked --package sluice --package xtask
	@cargo xtask bundle
	@cargo run --quiet --locked --package sluice -- serve --demo-if-empty

test: ## Run every test: format, lints, architecture, unit, database, HTTP, browser.
	@bash scripts/setup.sh test
	@bash scripts/test.sh

check: ## Check the architecture and the licences.
	@cargo xtask check
	@cargo xtask licences

mutants: ## Break the rules of gates, lifecycle and policy one by one and see a test fail each time; takes hours.
	@bash scripts/mutants.sh

bench: ## Measure the decision, every page and the impact of a policy at up to 100,000 features (docs/benchmarks.md); takes half an hour and 15 GB.
	@bash scripts/setup.sh run
	@cargo bench --locked --package sluice-domain --bench decide
	@cargo bench --locked --package sluice --bench pages
	@cargo bench --locked --package sluice --bench impact

bundle: ## Build the browser bundle into target/site.
	@cargo xtask bundle

sqlx: ## Write the data for checked SQL again, after a query or a migration has changed.
	@cargo xtask sqlx

fmt: ## Format the Rust sources.
	@cargo fmt --all
