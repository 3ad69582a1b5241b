#!/usr/bin/env bash
# The Wireshark dissector: it is good Lua, and tshark reads every golden vector with it as the vector says.
set -euo pipefail
cd "$(dirname "$0")/../.."
luac5.2 -p protocol-spec/generated/percuss.lua
exec python3 Tests/Tools/check-dissector.py
