# Shared by the scripts of this folder; sourced, not run.

# Packages that building and running needs, and those that the tests need besides.
BUILD_PACKAGES="cmake ninja-build g++ pkg-config libwebsockets-dev libwebsockets-evlib-uv libuv1-dev libssl-dev libjwt-dev libcjson-dev libsqlite3-dev libcrypt-dev libutf8proc-dev zlib1g-dev"
TEST_PACKAGES="libgtest-dev openssl python3 python3-websockets python3-socketio python3-requests python3-prometheus-client python3-websocket chromium curl binutils sslscan testssl.sh"

step() { printf '==> %s\n' "$*"; }

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs the Debian packages among the arguments that are missing. Quiet unless it fails.
install_packages() {
  command -v dpkg-query >/dev/null 2>&1 || fail "this script installs Debian packages, and dpkg is not here; install these libraries by hand, then use cmake: $*"
  missing=""
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null 2>&1; then
    fail "packages are missing, and only root installs them; run this as root, install sudo, or let root run: apt-get install$missing"
  fi
  step "Installing$missing"
  as_root true || fail "sudo does not let $(id -un) install packages; let root run: apt-get install$missing"
  log=$(mktemp)
  # shellcheck disable=SC2086
  if ! { as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
         as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    fail "apt-get could not install$missing; the lines above say why"
  fi
  rm -f "$log"
}

# Configures and builds a preset (and only the target $2, when given); says nothing while it works.
build_preset() {
  step "Building (preset $1)"
  log=$(mktemp)
  launcher=""
  if command -v ccache >/dev/null 2>&1; then launcher="-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache"; fi
  # shellcheck disable=SC2086
  if ! { cmake --preset "$1" $launcher && cmake --build --preset "$1" ${2:+--target "$2"}; } >"$log" 2>&1; then
    grep -E 'error|Error|missing|FAILED' "$log" | head -n 20 >&2
    fail "the build failed; the whole log is $log"
  fi
  rm -f "$log"
}
