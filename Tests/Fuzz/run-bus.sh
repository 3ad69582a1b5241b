#!/usr/bin/env bash
# Hostile messages at all that meets a bus, under the address sanitizer. First libFuzzer on what reads and writes single messages
# (BusMessages.swift), then the connection, the central and the emulated bluetoothd on a bus that keeps no rule (Bus/): no trap, no
# hang, no leak, no growth.
#
# Usage: Tests/Fuzz/run-bus.sh [--long] [--seconds N] [--seed N] [--only TARGET]...
#   --seconds N     time per target; 8, with --long 300
#   --seed N        of libFuzzer, and of the first round of each target; the round after it has the next number
#   --only TARGET   messages, or a target of Bus/: connection, central, emulation, street, crowd
set -uo pipefail
cd "$(dirname "$0")/../.."

. Tests/Fuzz/common.sh
read_options 8 300 "$@"
# The sanitizer tells more than Swift's backtrace, and the two get in each other's way.
export SWIFT_BACKTRACE=enable=no

# quietly LOG COMMAND...: its output goes to the log, and to the terminal without the linker's noise when it fails.
quietly() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 && return
  grep -v 'Cannot export local symbol' "$log" | tail -n 40 >&2
  echo "fuzz: failed to build; $log has it all" >&2
  exit 1
}

messages() {
  local out=.build/fuzz/bus flag
  local -a flags=(-O -wmo -swift-version 6 -parse-as-library -I Sources/CLinux -I Sources/CDBus -I "$out")
  for flag in $(pkg-config --cflags-only-I dbus-1); do flags+=(-Xcc "$flag"); done
  local -a features=(-package-name percuss)
  for flag in InternalImportsByDefault ExistentialAny NonisolatedNonsendingByDefault; do features+=(-enable-upcoming-feature "$flag"); done
  mkdir -p "$out"
  compile() {  # compile MODULE OPTION...
    find "Sources/$1" -name '*.swift' -print0 | xargs -0 swiftc "${flags[@]}" "${features[@]}" "${@:2}" -module-name "$1" \
      -emit-module -emit-module-path "$out/$1.swiftmodule" -c -o "$out/$1.o"
  }
  quietly "$out/build.log" compile PercussTime
  quietly "$out/build.log" compile PercussDBus -enable-testing -sanitize=fuzzer,address
  quietly "$out/build.log" swiftc "${flags[@]}" -module-name BusMessages -sanitize=fuzzer,address Tests/Fuzz/BusMessages.swift \
    Tests/Fuzz/Bus/{RandomValues,WireMessage,Tree}.swift "$out/PercussDBus.o" "$out/PercussTime.o" -o "$out/fuzz"

  libfuzzer messages "$out/fuzz" "$out" -rss_limit_mb=2048
}
if wants messages; then messages; fi

targets=()
for target in connection central emulation street crowd; do
  if wants "$target"; then targets+=(--only "$target"); fi
done
[ ${#targets[@]} -eq 0 ] && exit 0
scratch=.build/address
mkdir -p "$scratch"
quietly "$scratch/build.log" swift build --sanitize=address --scratch-path "$scratch" --product bus-fuzz
log=$scratch/bus-fuzz.log
note=$scratch/bus-fuzz.round
"$scratch/debug/bus-fuzz" --seed "$seed" --seconds "$seconds" --note "$note" "${targets[@]}" 2>"$log"
status=$?
if [ "$status" -ne 0 ]; then
  tail -n 80 "$log" >&2
  echo "fuzz: exit $status in the round of $(cat "$note"); $log has the sanitizer's report" >&2
  echo "once more: $0 --seed N --only TARGET" >&2
  exit 1
fi
