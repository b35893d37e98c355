#!/bin/sh
# Installs into a fresh prefix and builds a host against nothing but that prefix, once through
# pkg-config and once through find_package: install_test.sh CMAKE BUILD-DIRECTORY CONSUMER CC
set -eu
cmake=$1
build=$2
consumer=$3
cc=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$cmake" --install "$build" --prefix "$work/first" > "$work/install.log"
# Nothing installed may hold the place: the tree is moved before it is used.
mv "$work/first" "$work/prefix"
prefix=$work/prefix
if grep -rqF "$work/first" "$prefix"; then
  echo "an installed file holds the prefix" >&2
  exit 1
fi
libdir=$(dirname "$(find "$prefix" -name 'libsecurechat.so')")
test -f "$libdir/libsecurechat.a"

PKG_CONFIG_PATH=$libdir/pkgconfig
export PKG_CONFIG_PATH
# shellcheck disable=SC2046
"$cc" -std=c99 -Wall -Wextra -Werror "$consumer/main.c" -o "$work/by-pkg-config" \
  $(pkg-config --cflags --libs securechat)
LD_LIBRARY_PATH=$libdir "$work/by-pkg-config"

"$cmake" -S "$consumer" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" \
  > "$work/cmake.log"
"$cmake" --build "$work/build" >> "$work/cmake.log"
"$work/build/consumer"

if [ -x "$prefix/bin/securechatd" ]; then
  "$prefix/bin/securechatd" --version | grep -q '^securechatd '
fi
