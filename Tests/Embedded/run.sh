#!/usr/bin/env bash
# Compiles PercussWire and PercussCore as Embedded Swift for a Cortex-M4 class microcontroller and prints their code size.
# Needs the Swift toolchain alone.
#
# Usage: Tests/Embedded/run.sh [--target TRIPLE]        default: armv7em-none-none-eabi
set -euo pipefail
cd "$(dirname "$0")/../.."

triple=armv7em-none-none-eabi
case ${1:-} in
  --target) triple=${2:?--target needs a triple} ;;
  '') ;;
  *) echo "usage: $0 [--target TRIPLE]" >&2; exit 2 ;;
esac
out=.build/embedded/$triple
rm -rf "$out"
mkdir -p "$out"

# The disassembler of the same toolchain counts the bytes, so no other package is needed.
resources=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
objdump=$resources/../../bin/llvm-objdump
[ -x "$objdump" ] || objdump=$(command -v llvm-objdump || command -v objdump) || {
  echo "embedded: neither the Swift toolchain nor this machine has llvm-objdump; install binutils" >&2
  exit 69
}

compile() {  # compile MODULE
  local module=$1
  find "Sources/$module" -name '*.swift' -print0 | sort -z | xargs -0 \
    swiftc -target "$triple" -enable-experimental-feature Embedded -Osize -wmo -parse-as-library \
      -swift-version 6 -warnings-as-errors -strict-memory-safety \
      -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault \
      -enable-upcoming-feature MemberImportVisibility -enable-upcoming-feature NonisolatedNonsendingByDefault \
      -package-name percuss -module-name "$module" -I "$out" \
      -emit-module -emit-module-path "$out/$module.swiftmodule" -c -o "$out/$module.o"
}

# Bytes in flash: instructions and constants; in flash and memory: initialised data; in memory alone: the rest.
sizes() {  # sizes MODULE
  "$objdump" --section-headers "$out/$1.o" | awk -v module="$1" '
    # Columns: index, name, size, address, type. The type is missing for sections that hold neither code nor data.
    $1 ~ /^[0-9]+$/ && NF >= 4 {
      bytes = hexadecimal($3)
      if ($2 ~ /^\.text/) text += bytes
      else if ($2 ~ /^\.rodata/) constants += bytes
      else if ($2 ~ /^\.data/) data += bytes
      else if ($2 ~ /^\.bss/) bss += bytes
    }
    function hexadecimal(digits,   value, i) {
      digits = tolower(digits)
      for (i = 1; i <= length(digits); i++) value = value * 16 + index("0123456789abcdef", substr(digits, i, 1)) - 1
      return value
    }
    END {
      if (text == 0) { print module ": no code was found in the object" > "/dev/stderr"; exit 1 }
      printf "%-14s %9d %9d %9d %9d\n", module, text, constants, data, bss
    }'
}

compile PercussWire
compile PercussCore
echo "Code size for $triple, -Osize, in bytes, before a linker drops what a firmware does not call:"
printf '%-14s %9s %9s %9s %9s\n' module code constants data bss
sizes PercussWire
sizes PercussCore
