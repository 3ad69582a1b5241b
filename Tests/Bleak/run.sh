#!/usr/bin/env bash
# An unmodified Bleak from PyPI against the virtual devices of `percuss shell`: the whole conversation again and again, and two clients at
# once, on two devices and on one.
# Usage: Tests/Bleak/run.sh [COUNT]     how often; 50
set -euo pipefail
cd "$(dirname "$0")/../.."
count=${1:-50}
python=$(Tests/Tools/python-environment.sh)
converse() {
  .build/debug/percuss shell "${@:2}" -- timeout --kill-after=5 "$1" "$python" -B Tests/Bleak/conversation.py "${conversation[@]}"
}
conversation=(repeat "$count") && converse 600 --devices 1
conversation=(two-devices) && converse 120 --devices 2
conversation=(one-device) && converse 120 --devices 1
