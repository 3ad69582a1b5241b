#!/usr/bin/env bash
# Plays guest/conversation.py on the emulation and holds its trace to those of bluetoothd: the one just recorded in the guest, and recordings/.
#
# Usage: Tests/BlueZ/compare.sh --play FOLDER_OF_PERCUSS     plays it on the emulation
#        Tests/BlueZ/compare.sh --judge [RECORDING.pcap]      compares; without a recording: the one of the last run.sh --scenario record@ordered
set -euo pipefail
cd "$(dirname "$0")/../.."
results=.build/bluez-guest/results/emulation

if [ "${1:-}" = --judge ]; then
  recording=${2:-.build/bluez-guest/results/record@ordered/dbus.pcap}
  [ -s "$recording" ] || { echo "compare.sh: $recording is missing: Tests/BlueZ/run.sh --scenario record@ordered writes it" >&2; exit 69; }
  exec python3 Tests/BlueZ/compare.py "$results/dbus.pcap" "$recording" Tests/BlueZ/recordings/*.pcap.gz
fi
[ "${1:-}" = --play ] || { echo "compare.sh: --play or --judge" >&2; exit 2; }
programs=$2
python=$(Tests/Tools/python-environment.sh)

rm -rf "$results"
mkdir -p "$results"
# The monitor has to be there before the first message, and to the last.
timeout --kill-after=10 240 "$programs/percuss" shell --config Tests/BlueZ/conversation.yaml -- bash -euc '
  dbus-monitor --system --pcap >"$1/dbus.pcap" 2>"$1/dbus-monitor.log" &
  monitor=$!
  for _ in {1..100}; do [ -s "$1/dbus.pcap" ] && break; sleep 0.1; done
  timeout --kill-after=5 220 "$2" -B Tests/BlueZ/guest/conversation.py || status=$?
  sleep 1
  kill $monitor
  exit ${status:-0}' compare.sh "$results" "$python" >"$results/conversation.log" 2>&1 || {
  tail -n 20 "$results/conversation.log"
  echo "compare.sh: the conversation with the emulation did not come to its end; all of it is in $results" >&2
  exit 1
}
