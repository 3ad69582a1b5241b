#!/usr/bin/env bash
# Captures: what `percuss capture decode` says of every capture in captures/ is what tshark says with the generated dissector, value by value and
# field by field; and tshark opens what our writer writes.
# Usage: Tests/Tools/check-captures.sh [PERCUSS] [CAPTURE...]     PERCUSS: the built program; .build/debug/percuss
set -euo pipefail
cd "$(dirname "$0")/../.."
exec python3 Tests/Tools/check-captures.py "$@"
