#!/usr/bin/env bash
# Programs in both roles on the emulated bluetoothd: GATT applications of strangers and our own, and centrals of strangers and our own.
# Usage: Tests/Roles/run.sh [SCENARIO...]
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$(Tests/Tools/python-environment.sh)
exec "$python" -B Tests/Roles/play.py .build/debug "$@"
