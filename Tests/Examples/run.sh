#!/usr/bin/env bash
# Runs the examples of Sources/percussd/README.md as the page says, and holds the page to them.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$(Tests/Tools/python-environment.sh)
percuss=.build/debug/percuss

python3 Tests/Tools/check-examples.py
timeout --kill-after=5 120 "$percuss" shell -- "$python" -B -m pytest -q -p no:cacheprovider Tests/Examples/test_app.py
timeout --kill-after=5 120 "$percuss" shell --config Tests/Examples/theragun.yaml -- \
  "$python" -B -m pytest -q -p no:cacheprovider Tests/Examples/test_theragun.py
timeout --kill-after=5 300 "$percuss" shell -- swift test --skip-build --filter DriveTests
log=$(timeout --kill-after=5 120 "$percuss" shell -- Tests/Examples/bluetoothctl.sh)
for sign in "Connection successful" "Notify started" "80 10 01 01" "Successful disconnected"; do
  grep -qF "$sign" <<<"$log" || { printf '%s\n' "$log"; echo "bluetoothctl did not say: $sign" >&2; exit 1; }
done
echo "the examples run"
