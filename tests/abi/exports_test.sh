#!/bin/sh
# The library shows securechat_* and nothing else, and exactly what the headers declare:
# exports_test.sh LIBRARY INCLUDE
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
nm -D --defined-only "$1" | awk '$2 != "A" {print $3}' | sed 's/@.*//' | sort > "$work/exported"
cat "$2"/securechat/*.h | grep -A3 '^SECURECHAT_API' | grep -o 'securechat_[a-z_]*(' | tr -d '(' |
  sort -u > "$work/declared"
test -s "$work/declared"
diff "$work/declared" "$work/exported" || {
  echo "declared (<) and exported (>) functions differ" >&2
  exit 1
}
readelf -d "$1" | grep -q 'SONAME.*libsecurechat\.so\.0'
readelf -d "$1" | grep -q NODELETE
readelf -d "$1" | grep -q 'NOW'
if nm -D "$1" | grep -q ' u '; then
  echo "STB_GNU_UNIQUE symbols keep the library from being unloaded" >&2
  exit 1
fi
