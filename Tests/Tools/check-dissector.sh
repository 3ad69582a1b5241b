#!/usr/bin/env bash
# The Wireshark dissectors: they are good Lua, and tshark reads every golden vector with them as the vector says.
set -euo pipefail
cd "$(dirname "$0")/../.."
luac5.2 -p protocol-spec/generated/*.lua
exec python3 Tests/Tools/check-dissector.py
