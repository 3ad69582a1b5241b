#!/usr/bin/env bash
# libFuzzer on all that reads captures, under the address sanitizer: the formats of files, whole and in pieces, packets of a conversation, saved handles
# (CaptureTargets.swift). Its seeds are in Tests/Fuzz/CaptureCorpus, a folder for each target.
#
# Usage: Tests/Fuzz/run-captures.sh [--long] [--seconds N] [--seed N] [--only TARGET]...
#   --seconds N     time per target; 2, with --long 300
#   --seed N        of libFuzzer
#   --only TARGET   a target of CaptureTargets.swift
set -euo pipefail
cd "$(dirname "$0")/../.."

. Tests/Fuzz/common.sh
read_options 2 300 "$@"
# The sanitizer tells more than Swift's backtrace, and the two get in each other's way.
export SWIFT_BACKTRACE=enable=no

out=.build/fuzz/captures
mkdir -p "$out"
flags=(-O -wmo -swift-version 6 -parse-as-library -I Sources/CLinux -I "$out")
features=(-package-name percuss)
for feature in InternalImportsByDefault ExistentialAny NonisolatedNonsendingByDefault; do features+=(-enable-upcoming-feature "$feature"); done

compile() {  # compile MODULE OPTION...
  find "Sources/$1" -name '*.swift' -print0 | xargs -0 swiftc "${flags[@]}" "${features[@]}" "${@:2}" -module-name "$1" \
    -emit-module -emit-module-path "$out/$1.swiftmodule" -c -o "$out/$1.o"
}
compile PercussWire
compile PercussGATT
compile PercussTime
compile PercussLink
compile PercussCapture -sanitize=fuzzer,address
swiftc "${flags[@]}" -module-name Fuzz -sanitize=fuzzer,address Tests/Fuzz/Checks.swift Tests/Fuzz/LibFuzzerEntry.swift \
  Tests/Fuzz/CaptureTargets.swift "$out"/Percuss{Wire,GATT,Time,Link,Capture}.o -o "$out/fuzz"

for name in $(sed -nE 's/.*FuzzTarget\(name: "([^"]*)".*/\1/p' Tests/Fuzz/CaptureTargets.swift); do
  wants "$name" || continue
  rm -rf "$out/corpus/$name"
  mkdir -p "$out/corpus/$name"
  cp Tests/Fuzz/CaptureCorpus/"$name"/* "$out/corpus/$name"
  libfuzzer "$name" "$out/fuzz" "$out" -rss_limit_mb=2048 -max_len=4096
done
