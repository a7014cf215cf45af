#!/usr/bin/env bash
# Every test of Sluice, in the order in which they fail fastest. Stops at the first that fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
# Queries are checked against the data in .sqlx, also on a machine where DATABASE_URL names a database for running.
export SQLX_OFFLINE=true
unset DATABASE_URL

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

step() { printf '\n==> %s\n' "$*"; }

step "Format"
cargo fmt --all --check

step "Architecture and licences"
cargo xtask check
cargo xtask licences

step "Lints (clippy, pedantic; warnings are errors)"
cargo clippy --workspace --all-targets --locked -- --deny warnings
# The browser's half of the islands is another build of the same crate.
cargo clippy --package sluice-app --no-default-features --features hydrate --locked -- --deny warnings

step "Checked queries (.sqlx against the migrations, in a fresh database)"
cargo xtask sqlx --check

# Built before the tests, because those of the server weigh and serve it.
step "Browser bundle"
cargo xtask bundle

step "Rust tests (unit, property, service and HTTP on a real PostgreSQL)"
# Not nextest: it gives each test a process of its own, and each process would start its own PostgreSQL.
# With what the tests print: how many histories were told and how many races run.
cargo test --workspace --locked -- --show-output 2>&1 | tee "$logs/rust"

step "Browser tests (Chromium, JavaScript off and on, axe on every page)"
cargo build --package sluice --locked
npm --prefix end2end test 2>&1 | tee "$logs/browser"

step "Totals"
grep -E '^test result:| sequences, | races in ' "$logs/rust"
tail -n 12 "$logs/browser"
