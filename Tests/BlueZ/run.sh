#!/usr/bin/env bash
# Runs scenarios on the real Bluetooth stack: Linux, bluetoothd and two virtual controllers in QEMU, without KVM and without an adapter.
#
# Usage: Tests/BlueZ/run.sh [--list] [--scenario NAME[@CONFIGURATION]]... [--all] [--keep] [--compare] [--programs FOLDER]
#   --list       what there is; a configuration in brackets is played by name or with --all, a scenario with a star only by name
#   --scenario   only these; several may be given
#   --all        in every configuration
#   --keep       leave the results of earlier runs; they are in .build/bluez-guest/results
#   --compare    play the conversation of `record` on the emulation too, and hold it to bluetoothd's
#   --programs   take our programs from there, instead of building them for release
set -euo pipefail
cd "$(dirname "$0")/../.."
Tests/Tools/require-packages.sh build guest
exec python3 Tests/BlueZ/play.py "$@"
