#!/usr/bin/env bash
# Every check that `make test` promises, one after the other; a failed one does not hide the next.
# Closes with the line "N passed, N failed", which counts the Swift tests and each other check once.
set -uo pipefail
cd "$(dirname "$0")/../.."
Tests/Tools/require-packages.sh build test fuzz || exit $?

passed=0
failed=0
failures=()
second_tries=()
status=0
logs=.build/test-logs
mkdir -p "$logs"

# check NAME SECONDS COMMAND...: runs it within the time, keeps its output, counts it.
check() {
  attempt "$@"
  count_check "$1"
}

# The same for what runs in real time. A shared machine that stands still for a second or two, which is longer than a lease has left, ends a run as it should, and with
# it a test: so a failed check is run once more, and said to have been. What is wrong fails twice.
check_in_real_time() {
  attempt "$@"
  if [ "$status" -ne 0 ]; then
    cp "$logs/$1.log" "$logs/$1.first.log"
    attempt "$@"
    [ "$status" -eq 0 ] && second_tries+=("$1")
  fi
  count_check "$1"
}

attempt() {
  local name=$1 seconds=$2 began=$SECONDS
  shift 2
  printf '\n== %s\n' "$name"
  timeout --kill-after=10 "$seconds" "$@" 2>&1 | tee "$logs/$name.log"
  status=${PIPESTATUS[0]}
  [ "$status" -eq 124 ] && echo "$name: not done within $seconds s"
  printf -- '-- %s: %s, %s s\n' "$name" "$([ "$status" -eq 0 ] && echo ok || echo "failed, exit $status")" $((SECONDS - began))
}

# The Swift tests count one by one, by the closing lines of their runner.
count_check() {
  local name=$1 ran=0 bad=0
  if [[ $name == swift-test* ]]; then
    ran=$(grep -oE 'Test run with [0-9]+ tests?' "$logs/$name.log" | grep -oE '[0-9]+' | awk '{n += $1} END {print n + 0}')
    bad=$(grep -cE '^✘ Test .* failed after' "$logs/$name.log")
    if [ "$ran" -eq 0 ] || { [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; }; then bad=$((bad + 1)); fi
  else
    ran=1
    bad=$((status != 0))
  fi
  [ "$ran" -lt "$bad" ] && ran=$bad
  passed=$((passed + ran - bad))
  failed=$((failed + bad))
  [ "$bad" -gt 0 ] && failures+=("$name")
  return 0
}

# The first lines of a log that tell what went wrong.
complaints() {
  { grep -E '^✘ Test .* (recorded|failed)' "$1" || grep -E 'rror|failed' "$1" || tail -5 "$1"; } | cut -c1-300 | head -8
}

check lint 300 swift format lint --strict --recursive --parallel Package.swift Sources Tests
check imports 120 python3 Tests/Tools/check-imports.py
check build 1500 swift build --build-tests
# What computes, and waits in virtual time only. By itself: it leaves no thread to those that wait in real time.
computing='^(SimulationTests|PercussCaptureTests|CaptureReplayTests|PercussRoutineTests|PercussCoreTests|PercussWireTests|ProtocolGeneratorTests)\.'
check swift-test-computing 900 swift test --skip-build --filter "$computing"
check_in_real_time swift-test 900 swift test --skip-build --skip "$computing" --skip CommandLineTests --skip ManyDevicesTests
# By itself: what 200 devices send in real time gets lost where the other tests stall them.
check_in_real_time swift-test-many-devices 300 swift test --skip-build --filter ManyDevicesTests
# By itself: its programs run in real time, and the other tests leave no thread to watch them.
check_in_real_time swift-test-command-line 600 swift test --skip-build --filter CommandLineTests
check_in_real_time bleak 900 Tests/Bleak/run.sh
check_in_real_time bluetoothctl 180 Tests/Bluetoothctl/run.sh
check_in_real_time roles 900 Tests/Roles/run.sh
# The example that is over soonest; `make test-theragun` plays all of them.
check_in_real_time theragun 420 Tests/Theragun/run.sh
check_in_real_time examples 600 Tests/Examples/run.sh
check schemas 120 python3 Tests/Tools/check-schemas.py
check routine-schema 120 python3 Tests/Tools/check-routine-schema.py
check requirements 60 python3 Tests/Tools/check-requirements.py
check dissector 120 Tests/Tools/check-dissector.sh
check captures 300 Tests/Tools/check-captures.sh
check_in_real_time recordings 300 Tests/Tools/check-recordings.sh
check units 60 Tests/Tools/check-units.sh
check embedded 600 Tests/Embedded/run.sh
# What `make test-bluez` plays, with the programs as they were built above.
check_in_real_time bluez 1200 Tests/BlueZ/run.sh --programs .build/debug --compare
check fuzz 600 Tests/Fuzz/run.sh
check fuzz-captures 600 Tests/Fuzz/run-captures.sh
check fuzz-bus 900 Tests/Fuzz/run-bus.sh

printf '\n'
for name in "${second_tries[@]:+${second_tries[@]}}"; do
  echo "passed only when tried again: $name (the first time is in $logs/$name.first.log):"
  complaints "$logs/$name.first.log"
done
for name in "${failures[@]:+${failures[@]}}"; do
  echo "failed: $name (its output is in $logs/$name.log):"
  complaints "$logs/$name.log"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
