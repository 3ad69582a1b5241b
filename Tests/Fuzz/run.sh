#!/usr/bin/env bash
# Random bytes against every decoder of PercussWire: 10 million seeded byte strings per frame kind in one process, then libFuzzer, which
# looks for inputs that reach new code. Frame kinds are the files of protocol-spec/vectors and its folders; their bytes are libFuzzer's seeds.
#
# Usage: Tests/Fuzz/run.sh [--long] [--seconds N] [--seed N] [--only TARGET]...
#   --seconds N     libFuzzer's time per target; 1, with --long 300
#   --seed N        seed of both; the number of the random run that failed reproduces it
#   --only TARGET   of libFuzzer: a frame kind
set -euo pipefail
cd "$(dirname "$0")/../.."

. Tests/Fuzz/common.sh
read_options 1 300 "$@"

out=.build/fuzz
mkdir -p "$out"

# The targets: one per file of vectors.
camel() { sed -E 's/(^|_)(.)/\U\2/g' <<<"$1"; }
targets=()
{
  echo '// Written by Tests/Fuzz/run.sh from the files of protocol-spec/vectors.'
  echo 'import PercussWire'
  echo 'struct FuzzTarget: Sendable {'
  echo '  var name: String'
  echo '  var beginnings: [[UInt8]]'
  echo '  var check: @Sendable (UnsafeRawBufferPointer) -> Void'
  echo '}'
  echo 'let fuzzTargets: [FuzzTarget] = ['
  for file in protocol-spec/vectors/*.json protocol-spec/vectors/*/*.json; do
    name=$(basename "$file" .json)
    # A folder has the name of its specification, which says what stands before the names of its types.
    folder=$(basename "$(dirname "$file")")
    if [ "$folder" != vectors ]; then name=$(sed -n 's/^prefix: //p' "protocol-spec/$folder.yaml")_$name; fi
    case $name in
      checksums) continue ;;
      stream_frame) check='{ checkStream($0) }' ;;
      routine) check='{ checkRoutine($0) }' ;;
      *) check="{ checkMessage($(camel "$name").self, \$0) }" ;;
    esac
    targets+=("$name")
    rm -rf "$out/corpus/$name"
    mkdir -p "$out/corpus/$name"
    number=0
    beginnings=
    while read -r bytes; do
      number=$((number + 1))
      printf '%b' "${bytes:+\\x${bytes// /\\x}}" >"$out/corpus/$name/$(printf %03d "$number")"
      beginnings+="[$(cut -d' ' -f1-5 <<<"$bytes" | sed -E 's/([0-9a-f]{2})/0x\1/g; s/ /, /g')], "
    done < <(sed -nE 's/.*"bytes": "([^"]*)".*/\1/p' "$file")
    echo "  FuzzTarget(name: \"$name\", beginnings: [${beginnings%, }], check: $check),"
  done
  echo ']'
} >"$out/Targets.swift"

# Optimised, with every check of the language left on; the module once with libFuzzer's instrumentation and once without.
compile() {  # compile DIRECTORY ENTRY OPTION...
  local directory=$out/$1 entry=$2
  shift 2
  mkdir -p "$directory"
  find Sources/PercussWire -name '*.swift' -print0 | xargs -0 \
    swiftc -O -wmo -swift-version 6 -parse-as-library -static-stdlib -enable-upcoming-feature InternalImportsByDefault \
      -enable-upcoming-feature ExistentialAny -module-name PercussWire "$@" \
      -emit-module -emit-module-path "$directory/PercussWire.swiftmodule" -c -o "$directory/PercussWire.o"
  swiftc -O -wmo -swift-version 6 -parse-as-library -module-name Fuzz -I "$directory" "$@" \
    Tests/Fuzz/Checks.swift "$entry" "$out/Targets.swift" "$directory/PercussWire.o" -o "$directory/fuzz"
}
compile random Tests/Fuzz/RandomBytes.swift
compile libfuzzer Tests/Fuzz/LibFuzzerEntry.swift -sanitize=fuzzer

"$out/random/fuzz" 10000000 "$seed"

for name in "${targets[@]}"; do
  if wants "$name"; then libfuzzer "$name" "$out/libfuzzer/fuzz" "$out" -rss_limit_mb=1024; fi
done
