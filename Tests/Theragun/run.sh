#!/usr/bin/env bash
# Routines of protocol-spec/examples on virtual Theraguns, over the emulated BlueZ and in real time: each on a device of its own, all at once.
# Usage: Tests/Theragun/run.sh [--all]     the one that is over soonest without an operator (4 minutes); --all: every one (19 minutes)
set -euo pipefail
cd "$(dirname "$0")/../.."
routines=(protocol-spec/examples/plantar-relief.yaml)
case ${1:-} in
  --all) routines=(protocol-spec/examples/*.yaml protocol-spec/examples/*.json) ;;
  '') ;;
  *) echo "usage: $0 [--all]" >&2; exit 2 ;;
esac
python=$(Tests/Tools/python-environment.sh)
folder=.build/theragun
rm -rf "$folder"
mkdir -p "$folder"
printf 'percussd: 1\ndevices: [{model: theragun-pro, count: %d}]\n' "${#routines[@]}" >"$folder/percussd.yaml"
.build/debug/percuss shell --config "$folder/percussd.yaml" -- \
  timeout --kill-after=10 1800 "$python" -B Tests/Theragun/play.py .build/debug/percuss "$folder" "${routines[@]}"
