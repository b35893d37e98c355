#!/bin/sh
# scripts/abi on a tiny library: what it must refuse, what it must ask for, what it must not mind.
# guard_test.sh SCRIPT CC
set -eu
script=$1
cc=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/include"

# Builds the library anew: build HEADER SOURCE [FLAGS].
build() {
  printf '#include <stdint.h>\n%s\n' "$1" >"$work/include/tiny.h"
  printf '#include "tiny.h"\nstruct tiny_thing { int hidden%s; };\n%s\n' "${4-}" "$2" >"$work/tiny.c"
  "$cc" ${3:--g -O1} -shared -fPIC -I"$work/include" -o "$work/libtiny.so" "$work/tiny.c"
}

run() {
  verb=$1
  shift
  "$script" "$verb" --library "$work/libtiny.so" --headers "$work/include" --baseline "$work/abi" "$@" >"$work/out" 2>&1
}

# expect WHAT VERB [OPTION] passes; refuse WHAT TEXT fails with the text in what it says.
expect() {
  what=$1
  shift
  run "$@" || { cat "$work/out"; echo "refused: $what"; exit 1; }
}
refuse() {
  if run check; then echo "not noticed: $1"; exit 1; fi
  grep -q -- "$2" "$work/out" || { cat "$work/out"; echo "said without \"$2\": $1"; exit 1; }
}

types='typedef struct tiny_thing tiny_thing;
typedef struct tiny_size { uint32_t struct_size, reserved; uint64_t bytes; } tiny_size;
#define TINY_OK ((int32_t)0)
#define TINY_BAD ((int32_t)-1)'
first='int32_t tiny_open(tiny_thing* thing, const tiny_size* size);'
first_body='int32_t tiny_open(tiny_thing* thing, const tiny_size* size) { return thing != 0 && size->bytes > 0; }'
second='void tiny_close(tiny_thing* thing);'
second_body='void tiny_close(tiny_thing* thing) { (void)thing; }'
both="$types
$first
$second"
bodies="$first_body
$second_body"

build "$both" "$bodies"
refuse "no baseline" "scripts/abi accept"
expect "a first baseline" accept
expect "the same library" check
if grep -q "$work" "$work"/abi/*; then echo "the baseline holds a path of the machine"; exit 1; fi
cp -R "$work/abi" "$work/kept"

build "$both" "$bodies" "-g -O2"
expect "other flags" check
build "$both" "$bodies" "" ", more[7]"
expect "another inside of an opaque type" check
build "$both" "$second_body
$first_body"
expect "another order" check
expect "accepting what is known" accept
build "$(printf '%s' "$both" | sed 's/thing, const/renamed, const/')" "$bodies"
expect "another name of a parameter" check

build "$types
$first" "$first_body"
refuse "a function vanished" "tiny_close"
grep -q "accept --break" "$work/out"
if run accept; then echo "accept took the loss of a function"; exit 1; fi
build "$(printf '%s' "$both" | sed 's/int32_t tiny_open/int64_t tiny_open/')" "$(printf '%s' "$bodies" | sed 's/int32_t tiny_open/int64_t tiny_open/')"
refuse "another result" "tiny_open"
build "$(printf '%s' "$both" | sed 's/close(tiny_thing\* thing)/close(tiny_thing* thing, int now)/')" "$first_body
void tiny_close(tiny_thing* thing, int now) { (void)thing, (void)now; }"
refuse "another parameter" "tiny_close"
build "$(printf '%s' "$both" | sed 's/uint64_t bytes/uint32_t bytes/')" "$bodies"
refuse "a field of another type" "tiny_size"
build "$(printf '%s' "$both" | sed 's/uint64_t bytes;/uint64_t bytes, more;/')" "$bodies"
refuse "a larger structure" "tiny_size"
build "$(printf '%s' "$both" | sed 's/-1)/-2)/')" "$bodies"
refuse "a constant of another value" "TINY_BAD"
build "$both" "$bodies" "-O1"
refuse "no debug information" "debug information"

third='void tiny_more(void);'
third_body='void tiny_more(void) {}'
build "$both
$third
#define TINY_MORE ((int32_t)2)" "$bodies
$third_body"
refuse "a new function" "  tiny_more"
grep -q "  TINY_MORE" "$work/out"
grep -q "run: scripts/abi accept," "$work/out"
expect "accepting a new function" accept
expect "a function that was accepted" check

build "$types
$first" "$first_body"
expect "a break that is meant" accept --break
expect "what was broken" check
cp "$work"/kept/* "$work/abi"
refuse "the break, by the old baseline" "tiny_close"
echo "the guard holds"
