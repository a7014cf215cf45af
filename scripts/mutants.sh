#!/usr/bin/env bash
# Breaks the rules of gates, lifecycle, policies and waivers one by one, and runs the domain's tests against each broken
# version: a mutant that no test notices is listed in target/mutants/mutants.out/missed.txt and fails the run. With
# arguments, for a part of it: `scripts/mutants.sh --re gate/decide.rs`, `--shard 0/4`, `--in-diff FILE`.
#
# Two rounds: the tests that take a moment, and for what they miss all of them, with thousands of generated histories.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

VERSION=27.1.0
# Tests that draw many histories; everything else is in the first round.
SLOW='calendar|lifecycle|model'

export PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

if ! cargo mutants --version 2>/dev/null | grep -qF "$VERSION"; then
  echo "mutants: installing cargo-mutants $VERSION"
  cargo install --quiet --locked cargo-mutants --version "$VERSION"
fi

# A mutant is built once and run once: symbols for a debugger would be most of the build.
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_TEST_DEBUG=0

quick=(--lib)
for file in domain/tests/*.rs; do
  name="$(basename "$file" .rs)"
  [[ "$name" =~ ^($SLOW)$ ]] || quick+=(--test "$name")
done

mkdir -p target/mutants
mutants=(cargo mutants --package sluice-domain --output target/mutants "$@")
# Missed in the first round (2) or out of time (3) is what the second one is for; anything else is a fault.
"${mutants[@]}" -- "${quick[@]}" || [[ $? == [23] ]]
exec "${mutants[@]}" --iterate --baseline skip --timeout 600
