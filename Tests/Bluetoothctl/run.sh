#!/usr/bin/env bash
# Debian's bluetoothctl against a virtual device of `percuss shell`.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v bluetoothctl >/dev/null || { echo "bluetoothctl is missing; Debian's package for it is bluez" >&2; exit 69; }
.build/debug/percuss shell --devices 1 -- timeout --kill-after=5 120 /usr/bin/python3 -B Tests/Bluetoothctl/dialogue.py
