#!/bin/sh
# Every public header compiles alone, in every mode of every compiler at hand: headers_test.sh INCLUDE
set -eu
include=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags="-Wall -Wextra -pedantic-errors -Werror -fsyntax-only -I$include"
compiled=0

compile() { # compiler, mode, source
  # shellcheck disable=SC2086
  "$1" -std="$2" $flags "$3" || { echo "$3 does not compile with $1 -std=$2" >&2; exit 1; }
  compiled=$((compiled + 1))
}

for header in "$include"/securechat.h "$include"/securechat/*.h; do
  name=${header#"$include"/}
  base=$work/$(echo "$name" | tr '/.' '__')
  # The header twice: its guard is tested too.
  printf '#include <%s>\n#include <%s>\nint unused_in_a_test(void);\n' "$name" "$name" > "$base.c"
  cp "$base.c" "$base.cc"
  for pair in gcc:g++ clang:clang++; do
    cc=${pair%%:*}
    cxx=${pair##*:}
    if command -v "$cc" > /dev/null; then
      for mode in c99 c11 c17 c2x; do compile "$cc" "$mode" "$base.c"; done
    fi
    if command -v "$cxx" > /dev/null; then
      for mode in c++11 c++14 c++17 c++20; do compile "$cxx" "$mode" "$base.cc"; done
    fi
  done
done
test "$compiled" -gt 0
echo "$compiled compilations"
