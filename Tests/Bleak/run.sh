#!/usr/bin/env bash
# An unmodified Bleak from PyPI against the virtual devices of `percuss shell`: the whole conversation again and again, and two clients at
# once, on two devices and on one; then with a virtual Theragun of each model, in its own protocol.
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
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for model in "pro Pro 3616" "elite Elite 3616" "prime Prime 3584"; do
  read -r model name maximum <<<"$model"
  printf 'percussd: 1\ndevices: [{model: theragun-%s}]\n' "$model" >"$folder/theragun.yaml"
  .build/debug/percuss shell --config "$folder/theragun.yaml" -- \
    timeout --kill-after=5 150 "$python" -B Tests/Bleak/theragun.py "$name" "$maximum"
done
