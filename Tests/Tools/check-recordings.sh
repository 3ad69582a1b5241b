#!/usr/bin/env bash
# What our programs record: tshark opens it without a complaint and shows our frames with the generated dissector, btmon opens it, both ends of a
# link record the same, and `percuss capture decode` says what tshark says.
# Usage: Tests/Tools/check-recordings.sh [FOLDER]     FOLDER: the built programs; .build/debug
set -euo pipefail
cd "$(dirname "$0")/../.."
exec python3 Tests/Tools/check-recordings.py "$@"
