#!/bin/sh
# Shows: R105
# The library shows securechat_* and nothing else, exactly what the headers declare, and each function
# that takes a pointer is called with NULL by null_test.c: exports_test.sh LIBRARY INCLUDE
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
cat > "$work/without_pointers" <<END
securechat_config_new
securechat_last_error
securechat_strerror
securechat_version
securechat_version_string
END
grep -o 'securechat_[a-z_]*(' "$(dirname "$0")/null_test.c" | tr -d '(' | sort -u - "$work/without_pointers" > "$work/tried"
comm -23 "$work/declared" "$work/tried" > "$work/untried"
if [ -s "$work/untried" ]; then
  echo "null_test.c does not try:" >&2
  cat "$work/untried" >&2
  exit 1
fi
readelf -d "$1" | grep -q 'SONAME.*libsecurechat\.so\.0'
readelf -d "$1" | grep -q NODELETE
readelf -d "$1" | grep -q 'NOW'
if nm -D "$1" | grep -q ' u '; then
  echo "STB_GNU_UNIQUE symbols keep the library from being unloaded" >&2
  exit 1
fi
