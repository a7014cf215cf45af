#!/usr/bin/env bash
# Installs what is missing on this machine and nothing else: `scripts/setup.sh run` for building and running Sluice,
# `scripts/setup.sh test` for its tests too. It says what it installs. On Debian and Ubuntu it uses apt, on macOS
# Homebrew; without the right to install it prints the command that somebody with that right has to run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'set-up: %s\n' "$*"; }

fail() {
  printf 'set-up: %s\n' "$@" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# The Rust installer adds its folder to the path of shells started later, not of this one.
export PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

# ---- Installing packages --------------------------------------------------------------------------------------------

# Runs a command as root, or prints it for somebody who can.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif has sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    sudo "$@"
  else
    fail "this needs an administrator. Have them run:" "  $*" "then start again."
  fi
}

# Waits for other package managers, asks nothing, removes nothing.
apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

lists_are_fresh=no

# Installs Debian packages. Package lists are fetched once, and only when a package is not found without.
apt_install() {
  say "installing $* (apt)"
  if [ "$lists_are_fresh" = no ] && ! apt-get install --simulate "$@" >/dev/null 2>&1; then
    apt_get update
    lists_are_fresh=yes
  fi
  apt_get install --no-install-recommends --no-remove --yes "$@" >/dev/null
}

# Installs with whatever this system has: the names for apt, then those for Homebrew.
install() {
  local debian=$1 homebrew=$2
  if has apt-get; then
    # shellcheck disable=SC2086 # several names
    apt_install $debian
  elif has brew; then
    say "installing $homebrew (Homebrew)"
    # shellcheck disable=SC2086 # several names
    brew install --quiet $homebrew
  else
    fail "please install: $debian (this script knows apt and Homebrew only)."
  fi
}

# ---- What building and running needs --------------------------------------------------------------------------------

rust() {
  has cargo || fail "Rust is missing. Install it from https://rustup.rs (no options needed), then start again."
}

c_compiler() {
  has cc && return
  if [ "$(uname)" = Darwin ]; then
    fail "the C compiler is missing. Run: xcode-select --install"
  fi
  install "gcc libc6-dev" gcc
}

# True when a folder with PostgreSQL's server programs is in one of the usual places.
postgres_is_there() {
  has initdb && has postgres && return
  local folder
  for folder in /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin; do
    [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && return
  done
  return 1
}

postgres() {
  postgres_is_there && return
  if ! has apt-get; then
    install postgresql postgresql@17
    return
  fi
  # Debian starts a server of its own with the package. Sluice brings its own, so that one is not made: this file
  # is there only while the package is installed.
  local rule=/etc/postgresql-common/createcluster.d/sluice-no-cluster.conf
  apt_install postgresql-common
  as_root mkdir -p /etc/postgresql-common/createcluster.d
  printf 'create_main_cluster = false\n' | as_root tee "$rule" >/dev/null
  local installed=yes
  apt_install postgresql || installed=no
  as_root rm -f "$rule"
  [ "$installed" = yes ] || fail "PostgreSQL could not be installed."
}

# True when a compiler can build for the browser: as cargo xtask looks for it.
wasm_is_there() {
  local compiler root
  for compiler in rustc /usr/bin/rustc; do
    root=$("$compiler" --print sysroot 2>/dev/null) || continue
    [ -d "$root/lib/rustlib/wasm32-unknown-unknown/lib" ] && return
  done
  for compiler in rustc /usr/bin/rustc; do
    root=$("$compiler" --print sysroot 2>/dev/null) || continue
    [ -f "$root/lib/rustlib/src/rust/library/std/Cargo.toml" ] && linker_is_there && return
  done
  return 1
}

linker_is_there() {
  has rust-lld || has wasm-ld || compgen -c wasm-ld- >/dev/null
}

# Some machines reach package registries but not Rust's own server, so the wait for that one is short.
add_wasm_target() {
  local patience=()
  has timeout && patience=(timeout 90)
  "${patience[@]+"${patience[@]}"}" rustup target add wasm32-unknown-unknown >/dev/null 2>&1
}

wasm() {
  wasm_is_there && return
  if has rustup; then
    say "adding Rust's library for the browser (rustup)"
    if add_wasm_target && wasm_is_there; then
      return
    fi
    say "rustup could not; trying the system's packages"
  fi
  if has apt-get; then
    # Debian's compiler for browsers, with the sources of its library; the bundle is built with it, nothing else.
    apt_install rustc-web rust-web-src rust-web-llvm || true
    local linker
    linker=$(basename "$(readlink /usr/bin/rust-lld 2>/dev/null || echo lld)")
    has "$linker" || apt_install "$linker" || true
  fi
  wasm_is_there || fail \
    "Rust's library for the browser is missing and could not be installed. Either of these helps:" \
    "  rustup target add wasm32-unknown-unknown" \
    "  apt-get install rustc-web rust-web-src rust-web-llvm lld-22     (Debian 12)"
}

# ---- What the tests need --------------------------------------------------------------------------------------------

node() {
  if has node && has npm && [ "$(command node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; then
    return
  fi
  if has node && has npm; then
    fail "Node.js $(command node --version) is too old for the browser tests; version 20 or newer is needed."
  fi
  install "nodejs npm" node
}

browser() {
  local program
  for program in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Chromium.app/Contents/MacOS/Chromium" \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    [ -n "$program" ] && has "$program" && return
  done
  install chromium chromium
}

# Installs exactly what package-lock.json names, when that has changed.
browser_tests() {
  local lock=end2end/package-lock.json kept=end2end/node_modules/.package-lock.json
  [ -f "$lock" ] || return 0
  if [ ! -f "$kept" ] || [ "$lock" -nt "$kept" ]; then
    say "installing the packages of the browser tests (npm)"
    npm ci --prefix end2end --no-audit --no-fund --loglevel=error
    touch "$kept"
  fi
}

# ---- Start ----------------------------------------------------------------------------------------------------------

case "${1:-}" in
  run)
    rust
    c_compiler
    postgres
    wasm
    ;;
  test)
    rust
    c_compiler
    postgres
    wasm
    node
    browser
    browser_tests
    ;;
  *)
    fail "say what for: scripts/setup.sh run, or scripts/setup.sh test"
    ;;
esac
