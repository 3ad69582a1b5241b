#!/usr/bin/env bash
# Random bytes against every decoder of PercussWire: 10 million seeded byte strings per frame kind in one process, then libFuzzer, which
# looks for inputs that reach new code. Frame kinds are the files of protocol-spec/vectors; their bytes are libFuzzer's seeds.
#
# Usage: Tests/Fuzz/run.sh [--long] [--seconds N] [--seed N]
#   --seconds N   libFuzzer's time per target; 1, with --long 300
#   --seed N      seed of both; the number of the random run that failed reproduces it
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=1
seed=1
while [ $# -gt 0 ]; do
  case $1 in
    --long) seconds=300 ;;
    --seconds) seconds=${2:?--seconds needs a number}; shift ;;
    --seed) seed=${2:?--seed needs a number}; shift ;;
    *) echo "usage: $0 [--long] [--seconds N] [--seed N]" >&2; exit 2 ;;
  esac
  shift
done

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
  for file in protocol-spec/vectors/*.json; do
    name=$(basename "$file" .json)
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
  log=$out/$name.log
  mkdir -p "$out/found/$name"
  if ! PERCUSS_FUZZ_TARGET=$name "$out/libfuzzer/fuzz" "$out/found/$name" "$out/corpus/$name" \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=1024 -seed="$seed" \
    -artifact_prefix="$out/$name-" -print_final_stats=1 >"$log" 2>&1; then
    tail -n 40 "$log"
    echo "fuzz: $name failed; once more with: PERCUSS_FUZZ_TARGET=$name $out/libfuzzer/fuzz $out/$name-crash-..." >&2
    exit 1
  fi
  awk -v name="$name" -v seconds="$seconds" '
    /stat::number_of_executed_units/ { runs = $2 }
    /cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") coverage = $(i + 1) }
    END { printf "%s: libFuzzer, %d inputs in %d s, %d edges reached\n", name, runs, seconds, coverage }' "$log"
done
